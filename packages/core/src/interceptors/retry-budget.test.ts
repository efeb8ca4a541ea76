import assert from "node:assert/strict";
import { test } from "node:test";
import { RetryBudget } from "./retry-budget.ts";

test("retries stop once half of the tokens are gone, and are allowed again above half", () => {
  const budget = new RetryBudget({ maxTokens: 4, tokenRatio: 0.5 });
  assert.equal(budget.allowsRetry, true);
  budget.onFailure();
  assert.equal(budget.allowsRetry, true);
  budget.onFailure();
  assert.equal(budget.allowsRetry, false);
  budget.onSuccess();
  assert.equal(budget.allowsRetry, true);
});

test("there are never more tokens than the maximum, and never fewer than none", () => {
  const budget = new RetryBudget({ maxTokens: 2, tokenRatio: 1 });
  for (let success = 0; success < 10; success++) budget.onSuccess();
  budget.onFailure();
  assert.equal(budget.allowsRetry, false);
  for (let failure = 0; failure < 10; failure++) budget.onFailure();
  budget.onSuccess();
  budget.onSuccess();
  assert.equal(budget.allowsRetry, true);
});

test("the default is ten tokens, and ten successes for each", () => {
  const budget = new RetryBudget();
  for (let failure = 1; failure <= 4; failure++) budget.onFailure();
  assert.equal(budget.allowsRetry, true);
  budget.onFailure();
  assert.equal(budget.allowsRetry, false);
  budget.onFailure();
  for (let success = 1; success <= 9; success++) budget.onSuccess();
  assert.equal(budget.allowsRetry, false);
  for (let success = 1; success <= 2; success++) budget.onSuccess();
  assert.equal(budget.allowsRetry, true);
});
