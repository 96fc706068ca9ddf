// Package policyjson is the JSON of requests and answers, as rolewatch eval reads and writes them: one request with all
// policies that bear on it, and one answer. A Reader reads requests into what policy.Evaluate takes, NewRequest makes a
// request to be written, and NewVerdict an answer.
package policyjson
