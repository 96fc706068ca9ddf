package role

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Ref names a role. Role names are unique in an account whatever their path, so Partition, Account and Name
// identify it; ARN is as somebody wrote it (a function's configuration, IAM's answer) and may be empty or wrong.
type Ref struct {
	Partition, Account, Name string
	ARN                      string
}

// Key identifies the role: its ARN without the path.
func (r Ref) Key() string {
	return aws.RoleARN(r.Partition, r.Account, "/", r.Name).String()
}

// Path is the path in ARN, "/" when it has none.
func (r Ref) Path() string {
	arn, _ := aws.ParseARN(r.ARN)
	if path, _, ok := arn.Role(); ok {
		return path
	}
	return "/"
}

// ParseRef reads a role ARN, "arn:PARTITION:iam::ACCOUNT:role/PATH/NAME".
func ParseRef(arn string) (Ref, error) {
	a, err := aws.ParseARN(arn)
	if err != nil || a.Service != "iam" || a.Account == "" {
		return Ref{}, fmt.Errorf("parse role ARN %q: not of the form arn:PARTITION:iam::ACCOUNT:role/NAME", arn)
	}
	_, name, ok := a.Role()
	if !ok {
		return Ref{}, fmt.Errorf("parse role ARN %q: it does not name a role", arn)
	}
	return Ref{Partition: a.Partition, Account: a.Account, Name: name, ARN: arn}, nil
}
