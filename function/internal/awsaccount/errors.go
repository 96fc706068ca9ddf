package awsaccount

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// errVanished says that something was listed and is not there any more.
var errVanished = errors.New("it changed while it was read")

// code is the error code of AWS's answer, empty when there was none.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// missing tells whether AWS says that something does not exist. IAM has the code with and without "Exception".
func missing(err error) bool {
	switch code(err) {
	case "NoSuchEntity", "NoSuchEntityException", "ResourceNotFoundException":
		return !anAPIPath.MatchString(err.Error())
	}
	return false
}

// denied tells whether AWS says that the call is not allowed.
func denied(err error) bool {
	switch code(err) {
	case "AccessDenied", "AccessDeniedException":
		return true
	}
	return false
}

// Refused tells whether a call fails however often it is repeated, because it is denied or because the endpoint does not
// support it, and why what it reads is unknown then. Throttling, a network error and a failure of the service are none of
// these: the call may succeed later.
func Refused(call string, err error) (why role.Reason, refused bool) {
	if err == nil || missing(err) {
		return role.Reason{}, false
	}
	// AWS denies some calls that it does not know, so that this comes first.
	if answer := unsupported(err); answer != "" {
		return role.Unsupported(call, answer), true
	}
	if denied(err) {
		return role.Denied(call), true
	}
	return role.Reason{}, false
}

// RefusedFirst is Refused for the call by which a service is reached first, where nothing says that the Region has that
// service. A host that does not exist is a service that the Region does not have then; once a call to it was answered, it is a
// network error.
func RefusedFirst(call string, err error) (why role.Reason, refused bool) {
	if host := noHost(err); host != "" {
		return role.Unsupported(call, "the host "+host+" does not exist"), true
	}
	return Refused(call, err)
}

// failed is the error of a call that was to list something as a whole: role.ErrUnread when it was refused.
func failed(call string, err error) error {
	if why, refused := Refused(call, err); refused {
		return &role.UnreadError{Why: why}
	}
	return fmt.Errorf("%s: %w", call, err)
}
