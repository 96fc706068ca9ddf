package deploy

import "time"

// The attributes of a message that was sent again because it could not be handled. SinceAttribute is when that happened first, in
// the form of RFC 3339, and AttemptAttribute how often it has happened. Its body is as it was; a message without them is new.
const (
	SinceAttribute   = "since"
	AttemptAttribute = "attempt"
)

// RequeueFor is how long an item that cannot be handled is sent again before it becomes a dead letter.
const RequeueFor = 24 * time.Hour

// lastingAttempt is the first attempt after which an item has failed for a minute.
const lastingAttempt = 6

// Backoff is how long an item waits in the queue after a number of failed attempts: 2 s, doubled each time, and 15 min at most.
// Throttling is mostly over in seconds, an outage is not.
func Backoff(attempt int) time.Duration {
	if n := max(attempt, 1); n < 10 {
		return time.Second << n
	}
	return MaxDelay
}

// Lasting reports whether an item has failed so often that it has done so for a minute: that is no throttling.
func Lasting(attempt int) bool { return attempt >= lastingAttempt }

// UnreadBackoff is Backoff for what was denied: nobody changes a permission within a minute.
func UnreadBackoff(attempt int) time.Duration { return Backoff(attempt + lastingAttempt - 1) }
