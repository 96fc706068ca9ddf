// Package diagnosis answers what is wrong with the execution role of one function, or with a call that Lambda rejected because of
// a role. It reads no more of the account than that function and its roles.
package diagnosis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// Account is the account that the function and its role are in. What cannot be read fails with role.ErrUnread, or is unknown.
type Account interface {
	// Regions are those in which a function is looked for that is given without one.
	Regions() []string
	Role(ctx context.Context, ref role.Ref) (role.Snapshot, error)
	// Function gives every version of a function; none when it does not exist.
	Function(ctx context.Context, arn string) ([]role.Function, error)
	// MappingFunction gives the ARN of the function that an event source mapping invokes; empty when there is no such mapping.
	MappingFunction(ctx context.Context, region, id string) (string, error)
}

// Question is what is asked. One of Function, Role, Message and Call has to say which role it is about.
type Question struct {
	// Partition and AccountID complete a function that is given by its name.
	Partition, AccountID string
	// Function is the zero value where none is given; its qualifier is ignored. Role is an ARN, empty where none is given.
	Function aws.FunctionName
	Role     string
	// Message is that of a rejected call; empty asks about the current state of the role.
	Message string
	// Call is the call that was rejected or, without a message, a future call; nil where it is not known.
	Call *Call
}

var (
	// ErrNoRole says that a question does not tell which role it is about.
	ErrNoRole = errors.New("nothing names the role")
	// ErrNoFunction says that the account has no such function.
	ErrNoFunction = errors.New("the function does not exist")
	// ErrNoSuchRole says that the account has no such role, and that no function is configured with it.
	ErrNoSuchRole = errors.New("the role does not exist")
)

// Answer is what was found.
type Answer struct {
	// Findings come in the order in which to fix them.
	scan.Result
	// Function is the ARN of the function, empty where none is known; Roles are the ARNs of the roles that were looked at.
	Function string
	Roles    []string
	// Message is what the message says; Known is false for one that is in no table, or where there is none.
	Message aws.Refused
	Known   bool
	// Planned says that the function was judged as a future call would configure it, or with a role that it does not have.
	Planned bool
}

// Ask reads what a question is about, and judges it. ErrNoRole and ErrNoFunction come with what the message alone says.
func Ask(ctx context.Context, account Account, q Question, options scan.Options) (Answer, error) {
	a := asking{question: q, account: account}
	if q.Call != nil {
		a.question.Message = cmp.Or(q.Message, q.Call.Message)
	}
	a.answer.Message, a.answer.Known = aws.ReadRefusal(a.question.Message)
	a.lack()
	if err := a.find(ctx); err != nil {
		return a.answer, err
	}
	if options.Refused = a.refused(); options.Refused == nil {
		a.plan()
	}
	if err := a.alone(ctx, &options); err != nil {
		return a.answer, err
	}
	options.Asked = map[string]bool{}
	for _, arn := range a.answer.Roles {
		if ref, err := role.ParseRef(arn); err == nil {
			options.Asked[ref.Key()] = true
		}
	}
	var err error
	a.answer.Result, err = scan.Run(ctx, one{&a}, options)
	inOrder(a.answer.Findings, options.Rules.Checks())
	if err == nil && a.absent && len(a.answer.Findings) == 0 {
		err = fmt.Errorf("%w: %s", ErrNoSuchRole, a.role)
	}
	return a.answer, err
}

// asking is a question under way.
type asking struct {
	question Question
	account  Account
	// function is the unqualified ARN, and role the ARN of the one role that is asked about, empty where each role of the function is.
	function, role string
	// given says that the role's ARN was specified: a session names a role without its path.
	given bool
	// snapshot is the role where nothing but a role is asked about; absent says that the account has no such role.
	snapshot *role.Snapshot
	absent   bool
	versions []role.Function
	// former are the event source mappings of the function from which the call takes the one that it changes.
	former  []role.Source
	missing []role.Gap
	// named are the roles that the message names where it names several.
	named []string
	// call is the call as a record has it; nil where it is not known.
	call   *call
	answer Answer
}

// inOrder puts findings in the order in which to fix them: the rejected call, then whether Lambda can assume the role, then what
// the function needs, and then risks by their severity.
func inOrder(findings []finding.Finding, checks []*check.Check) {
	rank := func(f finding.Finding) int {
		switch {
		case slices.ContainsFunc(checks, func(c *check.Check) bool { return c.JudgesRefusals && c.ID == f.Check }):
			return 0
		case strings.HasPrefix(f.Check, "RW1"):
			return 1
		case strings.HasPrefix(f.Check, "RW2"):
			return 2
		}
		return 3
	}
	slices.SortStableFunc(findings, func(x, y finding.Finding) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(y.Severity, x.Severity), cmp.Compare(x.Check, y.Check))
	})
}
