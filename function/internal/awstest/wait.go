package awstest

import (
	"context"
	"testing"
	"time"
)

// Patience gives a context that ends shortly before the test binary's own deadline (go test -timeout), so that a test can still say
// what it waited for. How fast the machine is must not decide a test, so nothing else bounds a wait.
func Patience(t testing.TB) (context.Context, context.CancelFunc) {
	if own, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := own.Deadline(); ok {
			return context.WithDeadline(t.Context(), end.Add(-min(30*time.Second, time.Until(end)/10)))
		}
	}
	return context.WithCancel(t.Context())
}

// Eventually waits until a condition holds. It ends the test with what missing says when the condition still does not hold at the
// end of Patience.
func Eventually(t testing.TB, holds func() bool, missing func() string) {
	t.Helper()
	ctx, cancel := Patience(t)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("the test's time is over: %s", missing())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
