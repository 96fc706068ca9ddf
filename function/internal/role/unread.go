package role

import (
	"errors"
	"fmt"
)

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

// SomeUnreadError says that some roles of a page could not be read, though the others were: it comes with those.
type SomeUnreadError struct {
	// Roles are those that could not be read, and Err why the first could not.
	Roles []Ref
	Err   error
}

func (e *SomeUnreadError) Error() string {
	return fmt.Sprintf("%d roles not read, the first is %s: %v", len(e.Roles), e.Roles[0].Key(), e.Err)
}

func (e *SomeUnreadError) Unwrap() error { return e.Err }
