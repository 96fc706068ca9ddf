package aws

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// TestReasonCodesAreTheSDKs holds the table against the pinned SDK: a code that AWS adds has to be judged.
func TestReasonCodesAreTheSDKs(t *testing.T) {
	known := map[string]bool{}
	for _, code := range types.StateReasonCode("").Values() {
		known[string(code)] = true
	}
	for _, code := range types.LastUpdateStatusReasonCode("").Values() {
		known[string(code)] = true
	}
	want, got := slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(reasonCodes.rows))
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the table has %q, and the SDK %q", got, want)
	}
	if n := len(ReasonCodesOfAccess()); n != 11 {
		t.Errorf("%d codes are about access, want 11", n)
	}
}
