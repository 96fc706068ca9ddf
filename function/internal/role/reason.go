package role

import "strings"

// Reason says why a value is unknown: AWS denied the call that reads it, or anything else, in words ("CloudTrail leaves out
// the variables of an environment"). The zero value gives no reason.
type Reason struct {
	// text is the call where it was denied, and the whole reason otherwise.
	text   string
	denied bool
}

// wasDenied follows the call in the text of a Reason.
const wasDenied = " was denied"

// Denied is the reason of what is unknown because AWS denied a call, which is named as IAM names its action
// ("iam:GetRole").
func Denied(call string) Reason { return Reason{call, true} }

// Because is any other reason, in words.
func Because(text string) Reason { return Reason{text: text} }

// DeniedCall gives the call that was denied, and whether that is the reason.
func (r Reason) DeniedCall() (call string, denied bool) {
	if !r.denied {
		return "", false
	}
	return r.text, true
}

// Given reports whether there is a reason.
func (r Reason) Given() bool { return r != Reason{} }

// String is the reason as messages give it: "iam:GetRole was denied".
func (r Reason) String() string {
	if r.denied {
		return r.text + wasDenied
	}
	return r.text
}

// MarshalText writes the text of String.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes. A reason that names a call in the form of an action, and nothing else, before
// "was denied" is a denied call.
func (r *Reason) UnmarshalText(text []byte) error {
	*r = Because(string(text))
	if call, denied := strings.CutSuffix(r.text, wasDenied); denied && isAction(call) {
		*r = Denied(call)
	}
	return nil
}

// isAction reports whether a text has the form of an action, "SERVICE:NAME".
func isAction(text string) bool {
	service, name, ok := strings.Cut(text, ":")
	return ok && service != "" && name != "" && !strings.ContainsAny(text, " \t\n") && !strings.Contains(name, ":")
}
