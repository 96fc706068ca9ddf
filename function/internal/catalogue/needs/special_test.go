package needs

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// otherReasons are the reason codes of Lambda that are about the code, the network or Lambda itself.
var otherReasons = []string{
	"CapacityProviderScalingLimitExceeded", "Creating",
	"DrainingDurableExecutions", "EC2RequestLimitExceeded", "EniLimitExceeded", "FunctionError",
	"FunctionError.ExtensionInitError", "FunctionError.InitResourceExhausted", "FunctionError.InitTimeout",
	"FunctionError.InvalidEntryPoint", "FunctionError.InvalidWorkingDirectory", "FunctionError.PermissionDenied",
	"FunctionError.RuntimeInitError", "FunctionError.TooManyExtensions", "Idle", "InsufficientCapacity",
	"InternalError", "InvalidConfiguration", "InvalidSecurityGroup",
	"InvalidSubnet", "InvalidZipFileException", "Restoring", "ServiceQuotaExceededException",
	"SubnetOutOfIPAddresses", "VcpuLimitExceeded",
}

// TestEachReasonHasAFix holds the advice against the reason codes of the pinned SDK: there is advice for each that is about
// access. A code that AWS adds has to be judged.
func TestEachReasonHasAFix(t *testing.T) {
	known := map[string]bool{}
	for _, code := range types.StateReasonCode("").Values() {
		known[string(code)] = true
	}
	for _, code := range types.LastUpdateStatusReasonCode("").Values() {
		known[string(code)] = true
	}
	for _, code := range otherReasons {
		if !known[code] {
			t.Errorf("%s stands twice, or is not a reason code of the SDK", code)
		}
		delete(known, code)
	}
	want, got := slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(trouble))
	if !slices.Equal(got, want) {
		t.Errorf("there is advice for %q, want %q", got, want)
	}
	if len(want) != 15 {
		t.Errorf("%d codes are about access, want 15", len(want))
	}
}
