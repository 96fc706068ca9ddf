package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// An invocation that has little time left completes its sweep, and reads no whole table.
func TestASweepThatIsShortOfTimeLooksForNothing(t *testing.T) {
	for left, want := range map[time.Duration]bool{5 * time.Second: false, time.Hour: true} {
		f := newFake()
		short, cancel := context.WithTimeout(ctx, left)
		must(t, f.store().FinishSweep(short, account, 1, start))
		cancel()
		if slices.Contains(f.calls, "Scan") != want || !slices.Contains(f.calls, "UpdateItem") {
			t.Errorf("%s left: calls %v", left, f.calls)
		}
	}
	// Nor does it fail for what it could not look for.
	f := newFake()
	f.fail["Scan"] = errors.New("down")
	must(t, f.store().FinishSweep(ctx, account, 1, start))
}

func TestAnEventsWriteUnderWayStandsBeforeASweeps(t *testing.T) {
	f := newFake()
	f.fail["PutItem"] = &types.TransactionConflictException{}
	var versions []role.Function
	for i := range 20 {
		versions = append(versions, version("f", fmt.Sprint(i), "a"))
	}
	must(t, f.store().PutSwept(ctx, 1, versions))
	if len(f.calls) != 20 {
		t.Errorf("%d calls of 20", len(f.calls))
	}
	short, cancel := context.WithCancel(ctx)
	cancel()
	if err := f.store().PutSwept(short, 1, versions); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
