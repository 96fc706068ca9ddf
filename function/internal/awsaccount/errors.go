package awsaccount

import (
	"errors"
	"fmt"
	"strings"

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
		return true
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

// unknownHere tells whether the answer says that the Region has no such call: AWS denies what it cannot name.
func unknownHere(err error) bool {
	return denied(err) && strings.Contains(err.Error(), "Unable to determine service/operation name to be authorized")
}

// failed is the error of a call that was to give a whole answer: role.ErrDenied when it was denied.
func failed(call string, err error) error {
	if denied(err) {
		return fmt.Errorf("%s: %w", call, role.ErrDenied)
	}
	return fmt.Errorf("%s: %w", call, err)
}
