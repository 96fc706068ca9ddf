package ascii

import "testing"

func TestLower(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "iam:passrole": "iam:passrole", "iam:PassRole": "iam:passrole", "@AZ[`az{": "@az[`az{", "\u212Aelvin \u00c9": "\u212Aelvin \u00c9",
	} {
		if got := Lower(text); got != want {
			t.Errorf("Lower(%q) = %q, want %q", text, got, want)
		}
		if got := string(AppendLower([]byte("A"), text)); got != "A"+want {
			t.Errorf("AppendLower(A, %q) = %q, want %q", text, got, "A"+want)
		}
	}
}
