package role

import "strings"

// Reason says why a value is unknown: AWS denied the call that reads it, the endpoint does not support that call, an export or the
// records do not contain it, or anything else, in words ("CloudTrail leaves out the variables of an environment"). The zero value gives no reason.
type Reason struct {
	// text is the call where it was denied, and the whole reason otherwise.
	text string
	kind reasonKind
}

// reasonKind distinguishes the reasons that a program treats differently.
type reasonKind int8

const (
	otherReason reasonKind = iota
	deniedCall
	unsupportedCall
	notExported
	notRecorded
	unclear
)

// wasDenied and isNotSupported follow the call in the text of a Reason.
const (
	wasDenied      = " was denied"
	isNotSupported = " is not supported by the endpoint"
)

// Denied is the reason of what is unknown because AWS denied a call, which is named as IAM names its action
// ("iam:GetRole").
func Denied(call string) Reason { return Reason{call, deniedCall} }

// Unsupported is the reason of what is unknown because the endpoint does not support a call: not every Region has every
// call, and an emulator may lack any. The answer is what the endpoint said ("UnknownOperationException").
func Unsupported(call, answer string) Reason {
	return Reason{call + isNotSupported + " (" + answer + ")", unsupportedCall}
}

// Because is any other reason, in words.
func Because(text string) Reason { return Reason{text: text} }

// NotExported is the reason of what is unknown because an export does not contain it, in words.
func NotExported(text string) Reason { return ofKind(text, notExported) }

// NotRecorded is the reason of what is unknown because no record of CloudTrail contains it, in words.
func NotRecorded(text string) Reason { return ofKind(text, notRecorded) }

// Unclear is the reason of what is unknown because a call does not give it clearly, in words.
func Unclear(text string) Reason { return ofKind(text, unclear) }

func ofKind(text string, kind reasonKind) Reason {
	if text == "" {
		return Reason{}
	}
	return Reason{text, kind}
}

// DeniedCall gives the call that was denied, and whether that is the reason.
func (r Reason) DeniedCall() (call string, denied bool) {
	if r.kind != deniedCall {
		return "", false
	}
	return r.text, true
}

// UnsupportedCall gives the call that the endpoint does not support, and whether that is the reason.
func (r Reason) UnsupportedCall() (call string, unsupported bool) {
	if r.kind != unsupportedCall {
		return "", false
	}
	call, _, _ = strings.Cut(r.text, isNotSupported)
	return call, true
}

// Given reports whether there is a reason.
func (r Reason) Given() bool { return r != Reason{} }

// String is the reason as messages give it: "iam:GetRole was denied".
func (r Reason) String() string {
	if r.kind == deniedCall {
		return r.text + wasDenied
	}
	return r.text
}

// MarshalText writes the text of String.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes. A reason that begins with a call in the form of an action, and goes on as the
// reason of a refused call does, is that call's.
func (r *Reason) UnmarshalText(text []byte) error {
	*r = Because(string(text))
	if call, denied := strings.CutSuffix(r.text, wasDenied); denied && isAction(call) {
		*r = Denied(call)
		return nil
	}
	call, answer, unsupported := strings.Cut(r.text, isNotSupported+" (")
	if unsupported && isAction(call) && strings.HasSuffix(answer, ")") {
		r.kind = unsupportedCall
	}
	return nil
}

// isAction reports whether a text has the form of an action, "SERVICE:NAME".
func isAction(text string) bool {
	service, name, ok := strings.Cut(text, ":")
	return ok && service != "" && name != "" && !strings.ContainsAny(text, " \t\n") && !strings.Contains(name, ":")
}
