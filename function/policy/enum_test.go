package policy

import (
	"fmt"
	"testing"
)

func TestEnumWords(t *testing.T) {
	tests := []struct {
		value fmt.Stringer
		want  string
	}{
		{Identity, "identity"}, {Trust, "trust"}, {Resource, "resource"}, {Boundary, "boundary"}, {Session, "session"}, {SCP, "scp"},
		{RCP, "rcp"}, {Kind(7), "Kind(7)"}, {Kind(-1), "Kind(-1)"},
		{NoEffect, "none"}, {Allow, "Allow"}, {Deny, "Deny"}, {Effect(3), "Effect(3)"},
		{ImplicitDeny, "implicitDeny"}, {ExplicitDeny, "explicitDeny"}, {Allowed, "allowed"}, {Unknown, "unknown"},
		{Decision(9), "Decision(9)"}, {Decision(-2), "Decision(-2)"},
		{KeyAbsent, "absent"}, {KeyPresent, "present"}, {KeyUnknown, "unknown"}, {KeyOneOf, "oneOf"}, {KeyPrefixed, "prefixed"},
		{KeyQualified, "qualified"}, {Presence(6), "Presence(6)"},
		{False, "false"}, {True, "true"}, {Undecided, "undecided"}, {Truth(3), "Truth(3)"},
	}
	for _, tt := range tests {
		if got := tt.value.String(); got != tt.want {
			t.Errorf("%T(%d) is %q, want %q", tt.value, tt.value, got, tt.want)
		}
		if got := fmt.Sprint(tt.value); got != tt.want {
			t.Errorf("%T prints as %q, want %q", tt.value, got, tt.want)
		}
	}
	for d, word := range decisions {
		if d.String() != word {
			t.Errorf("the decision %s is %q", word, d)
		}
	}
}

// TestEnumWordsTakeNoMemory holds that a caller may log the word of every verdict.
func TestEnumWordsTakeNoMemory(t *testing.T) {
	n := testing.AllocsPerRun(10, func() {
		if Unknown.String() == "" || Deny.String() == "" || SCP.String() == "" || KeyOneOf.String() == "" || Undecided.String() == "" {
			t.Error("a value has no word")
		}
	})
	if n != 0 {
		t.Errorf("the words take memory %v times", n)
	}
}
