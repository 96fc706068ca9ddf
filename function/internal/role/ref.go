package role

import (
	"errors"
	"fmt"
	"strings"
)

// Ref names a role. Role names are unique in an account whatever their path, so Partition, Account and Name
// identify it; ARN is as somebody wrote it (a function's configuration, IAM's answer) and may be empty or wrong.
type Ref struct {
	Partition, Account, Name string
	ARN                      string
}

// Key identifies the role: its ARN without the path.
func (r Ref) Key() string {
	return "arn:" + r.Partition + ":iam::" + r.Account + ":role/" + r.Name
}

// Path is the path in ARN, "/" when it has none.
func (r Ref) Path() string {
	_, rest, ok := strings.Cut(r.ARN, ":role/")
	if !ok {
		return "/"
	}
	return "/" + rest[:strings.LastIndexByte(rest, '/')+1]
}

// ParseRef reads a role ARN, "arn:PARTITION:iam::ACCOUNT:role/PATH/NAME".
func ParseRef(arn string) (Ref, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] != "iam" || parts[4] == "" {
		return Ref{}, fmt.Errorf("parse role ARN %q: not of the form arn:PARTITION:iam::ACCOUNT:role/NAME", arn)
	}
	rest, ok := strings.CutPrefix(parts[5], "role/")
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	if !ok || name == "" {
		return Ref{}, fmt.Errorf("parse role ARN %q: names no role", arn)
	}
	return Ref{Partition: parts[1], Account: parts[4], Name: name, ARN: arn}, nil
}

// ErrDenied says that the account does not let rolewatch read something as a whole.
var ErrDenied = errors.New("access denied")

// serviceOf is the service in an ARN; empty for what is none.
func serviceOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 4); len(parts) == 4 && parts[0] == "arn" {
		return parts[2]
	}
	return ""
}
