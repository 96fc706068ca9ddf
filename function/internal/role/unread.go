package role

import "errors"

// ErrUnread says that something that is listed as a whole cannot be read, however often the call is repeated: it stays
// unknown, and everything else can be read. An UnreadError is one that names the call.
var ErrUnread = errors.New("it cannot be read")

// UnreadError is ErrUnread with its reason.
type UnreadError struct{ Why Reason }

func (e *UnreadError) Error() string { return e.Why.String() }

// Is makes the error an ErrUnread.
func (e *UnreadError) Is(target error) bool { return target == ErrUnread }

// WhyUnread gives the reason of an ErrUnread; where the error names no call, this one was denied.
func WhyUnread(err error, call string) Reason {
	var e *UnreadError
	if errors.As(err, &e) {
		return e.Why
	}
	return Denied(call)
}
