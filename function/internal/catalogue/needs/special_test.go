package needs

import (
	"maps"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
)

// TestEachReasonHasAFix holds the advice to the reason codes that are about access.
func TestEachReasonHasAFix(t *testing.T) {
	want := aws.ReasonCodesOfAccess()
	if got := slices.Sorted(maps.Keys(trouble)); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("there is advice for %q, want %q", got, want)
	}
}
