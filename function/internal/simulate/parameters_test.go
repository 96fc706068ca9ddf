// Package simulate runs the hub's watch over an organization in memory, with the latencies of AWS as parameters and a clock that runs as fast as
// the work is done: how soon risks are reported, what is asked of IAM and of the table, and what it costs. It is a test, so that the clock of the
// standard library can be replaced: make simulate.
package simulate

import (
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/hub"
)

// Parameters are what is simulated.
type Parameters struct {
	// Accounts each have so many execution Roles.
	Accounts, Roles int
	// Events are how many records a day has, of which Bursts times BurstEvents come in one minute each, one from a single account.
	Events, Bursts, BurstEvents int
	// Risks is which part of the events makes a role an administrator, and BurstRisks which part of those in bursts.
	Risks, BurstRisks float64
	// Duration is how much of a day is simulated, after the time Before, in which the accounts are listed and swept first, and before After, in
	// which the last of the work is done.
	Before, Duration, After time.Duration
	// IAM, Lambda, STS, Table, Queue, Topic and Bus are the median latencies of a call, and Bus that of a record from a member's account to the
	// hub's queue. Spread is the standard deviation of the logarithm of latencies.
	IAM, Lambda, STS, Table, Queue, Topic, Bus time.Duration
	Spread                                     float64
	// IAMRate is how many calls a second IAM answers an account, and IAMBurst how many at once after a rest. AWS does not publish them: they
	// are an assumption, which is varied.
	IAMRate, IAMBurst float64
	// Work is how many batches of the work queue are handled at the same time, and Records how many of the queue of records.
	Work, Records int
	// Limits are those of the hub; the zero value has the ones of a deployed hub. Checks are the IDs of the checks that run; none is all. They
	// take no time on the simulation's clock, on which only calls do, but most of the time of the machine that it runs on.
	Limits hub.Limits
	Checks []string
	Seed   uint64
}

// Standard is an organization of 1,000 accounts with 100,000 events a day.
func Standard() Parameters {
	return Parameters{
		Accounts: 1000, Roles: 20, Events: 100_000, Bursts: 2, BurstEvents: 10_000, Risks: 0.01, BurstRisks: 0.001, Before: 3 * time.Hour, Duration: 24 * time.Hour, After: 30 * time.Minute,
		IAM: 60 * time.Millisecond, Lambda: 40 * time.Millisecond, STS: 80 * time.Millisecond, Table: 6 * time.Millisecond, Queue: 12 * time.Millisecond,
		Topic: 25 * time.Millisecond, Bus: 800 * time.Millisecond, Spread: 0.5,
		Work: deploy.HubWorkConcurrency, Records: deploy.HubRecordsConcurrency, IAMRate: 20, IAMBurst: 100, Seed: 1,
		Checks: []string{"RW101", "RW102", adminCheck},
	}
}
