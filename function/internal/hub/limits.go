package hub

import (
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Limits are what keeps one account from delaying others.
type Limits struct {
	// Records is how many records an account may send in a minute without delay. What is beyond that is delayed, by a minute for each time
	// as many, and by MostDelay at most.
	Records   int
	MostDelay time.Duration
	// AccountTime is how much of an invocation the items of one account may take, but for a step of a sweep.
	AccountTime time.Duration
	// Busy is how much time of invocations an account may take in a minute before its items wait for the next one. Invocations that take
	// less than Slow are not counted.
	Busy, Slow time.Duration
	// Accounts is how many accounts of one batch are handled at the same time.
	Accounts int
	// Sweeps is how many accounts are swept at the same time.
	Sweeps int
	// ListTime is how much of an invocation the listing of the organization takes, before it goes on in the next one.
	ListTime time.Duration
	// Watches is how many watches are kept for the next invocation, each with what it knows of its account.
	Watches int
}

// DefaultLimits are those of a deployed hub.
var DefaultLimits = Limits{
	// An account whose roles are deployed anew makes some hundred records in a minute. A burst of 10,000 is spread over ten minutes, which
	// takes a fifth of what the function handles.
	Records: 1000, MostDelay: 10 * time.Minute,
	// A reconcile of 50 roles takes up to 20 seconds (deploy.ReconcileMargin), so that one starts within the first 15 seconds. A batch of an
	// account whose calls are throttled ends then, and a record of another account does not wait longer for it.
	AccountTime: deploy.FunctionTimeout - 20*time.Second,
	// Two invocations at a time for an account that is slow: IAM's limits are those of the account, so that more would only wait.
	Busy: 2 * time.Minute, Slow: 10 * time.Second,
	// A batch has ten messages at most.
	Accounts: 10,
	// Sweeps are half of the invocations that the work queue may have at a time.
	Sweeps:   deploy.HubSweeps,
	ListTime: deploy.FunctionTimeout / 2,
	// What a watch keeps of a large account has some ten megabytes.
	Watches: 16,
}

func (l Limits) orDefault() Limits {
	set := func(value *int, by int) {
		if *value == 0 {
			*value = by
		}
	}
	setTime := func(value *time.Duration, by time.Duration) {
		if *value == 0 {
			*value = by
		}
	}
	set(&l.Records, DefaultLimits.Records)
	set(&l.Accounts, DefaultLimits.Accounts)
	set(&l.Sweeps, DefaultLimits.Sweeps)
	set(&l.Watches, DefaultLimits.Watches)
	setTime(&l.MostDelay, DefaultLimits.MostDelay)
	setTime(&l.AccountTime, DefaultLimits.AccountTime)
	setTime(&l.ListTime, DefaultLimits.ListTime)
	setTime(&l.Busy, DefaultLimits.Busy)
	setTime(&l.Slow, DefaultLimits.Slow)
	return l
}

// delay is how long a record waits that is this one of an account in a minute.
func (l Limits) delay(n int64) time.Duration {
	over := n - int64(l.Records)
	if over <= 0 {
		return 0
	}
	return min(l.MostDelay, time.Duration(over)*time.Minute/time.Duration(l.Records))
}
