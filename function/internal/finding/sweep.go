package finding

import "time"

// Sweep is what is known of an account's sweeps.
type Sweep struct {
	// Generation is the newest one started, Complete the newest one finished; 0 when there was none.
	Generation, Complete int64
	// Indexed is the newest generation whose index of functions is whole; 0 when there is none.
	Indexed int64
	// CompletedAt is when the newest finished one started to read.
	CompletedAt time.Time
	// LeasedUntil is until when the one under way holds its lease.
	LeasedUntil time.Time
}
