package diagnosis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// find finds the function and the roles that the question is about.
func (a *asking) find(ctx context.Context) error {
	if err := a.findFunction(ctx); err != nil {
		return err
	}
	if a.question.Call != nil {
		var err error
		if a.call, err = a.question.Call.as(a.function, len(a.versions) > 0, a.question.Message); err != nil {
			return err
		}
		if err := a.findMapping(ctx); err != nil {
			return err
		}
	}
	a.answer.Function = a.function
	a.tellCaller()
	return a.findRole()
}

// tellCaller takes a message about a session of another role than the function's for what it is: one about a caller.
func (a *asking) tellCaller() {
	said := &a.answer.Message
	if said.Meaning != aws.CodeLacks || said.Role == "" || a.question.Function.Name == "" || len(a.versions) == 0 {
		return
	}
	if isSession(*said, a.versions, a.question.Role) {
		return
	}
	said.Meaning = aws.NotTheRole
	said.Says = "The call was made with " + said.Session + ", which is not a session of the function's role. The caller was denied, not the execution role."
}

// isSession reports whether the session that a message names is of one of the roles, or of the role of one of the versions.
func isSession(said aws.Refused, versions []role.Function, roles ...string) bool {
	session, err := aws.ParseARN(said.Session)
	for _, f := range versions {
		roles = append(roles, f.Role)
	}
	return err == nil && slices.ContainsFunc(roles, func(arn string) bool {
		ref, err := role.ParseRef(arn)
		return err == nil && ref.Account == session.Account && ref.Name == said.Role
	})
}

// differ reports whether two names are of two functions, as far as both say where theirs is.
func differ(a, b aws.FunctionName) bool {
	return a.Name != b.Name || a.Region != "" && b.Region != "" && a.Region != b.Region || a.Account != "" && b.Account != "" && a.Account != b.Account
}

// nameOf is a function's ARN, or its name where that is all that is known.
func nameOf(f aws.FunctionName) string {
	if f.Region == "" || f.Account == "" {
		return f.Name
	}
	return f.ARN()
}

// findFunction finds the function by what the question says, or by the session that the message names.
func (a *asking) findFunction(ctx context.Context) error {
	f := a.question.Function
	if call := a.question.Call; call != nil && f.Name == "" {
		f = call.Function
	} else if call != nil && call.Function.Name != "" && differ(f, call.Function) {
		return fmt.Errorf("the call is for the function %s, but the specified function is %s", nameOf(call.Function), nameOf(f))
	}
	named := f.Name != ""
	if !named && a.answer.Message.Function != "" {
		// Lambda names the session after the function.
		f, _ = aws.ParseFunctionName(a.answer.Message.Function)
	}
	if f.Name == "" {
		return nil
	}
	if read := a.question.AccountID; named && read != "" && f.Account != "" && f.Account != read && a.question.Call.command() {
		return fmt.Errorf("the function is in account %s, but rolewatch reads account %s", f.Account, read)
	}
	f.Account, f.Partition = cmp.Or(f.Account, a.question.AccountID), cmp.Or(f.Partition, a.question.Partition)
	regions := a.account.Regions()
	switch {
	case f.Region != "" && named && !slices.Contains(regions, f.Region) && len(regions) > 0:
		a.miss(role.Gap{
			What:      "functions: rolewatch did not read those of " + f.Region + ", only those of " + strings.Join(regions, ", "),
			SettledBy: "Use an account or an export with the functions of " + f.Region + ".",
		})
		regions = []string{f.Region}
	case f.Region != "":
		regions = []string{f.Region}
	case len(regions) == 0 && named:
		// Of no Region are the functions known: reading one says why.
		_, err := a.read(ctx, f.ARN())
		return err
	}
	var found []string
	for _, region := range regions {
		f.Region = region
		versions, err := a.read(ctx, f.ARN())
		if err != nil {
			return err
		}
		if !named && !isSession(a.answer.Message, versions) {
			continue // A session of another role than the function's has its name by chance.
		}
		if len(versions) > 0 {
			found, a.versions, a.function = append(found, f.ARN()), versions, f.ARN()
		}
	}
	switch {
	case len(found) > 1:
		return fmt.Errorf("several Regions have a function %s; specify one of these ARNs: %s", f.Name, strings.Join(found, ", "))
	case len(found) == 0 && len(regions) == 1 && named:
		a.function = f.ARN() // It is still to be made, or it cannot be read.
	}
	return nil
}

// read reads a function's versions. What cannot be read is noted once.
func (a *asking) read(ctx context.Context, arn string) ([]role.Function, error) {
	versions, err := a.account.Function(ctx, arn)
	switch {
	case errors.Is(err, role.ErrUnread):
		why := role.WhyUnread(err, "lambda:ListVersionsByFunction")
		a.miss(role.Gap{What: "functions: " + strings.TrimPrefix(why.String(), "functions: "), SettledBy: why.SettledBy()})
	case err != nil:
		return nil, fmt.Errorf("read function %s: %w", arn, err)
	}
	return versions, nil
}

// findMapping finds the function of a call that names an event source mapping alone, and the mapping that a call moves to the function
// that it names: a change does not say what it leaves as it is.
func (a *asking) findMapping(ctx context.Context) error {
	id := a.call.mapping()
	if id == "" || slices.ContainsFunc(sourcesOf(a.versions), func(s role.Source) bool { return s.UUID == id }) {
		return nil
	}
	regions := a.account.Regions()
	if a.question.Call.record != nil {
		regions = []string{a.call.Region}
	}
	for _, region := range regions {
		arn, err := a.account.MappingFunction(ctx, region, a.call.mapping())
		switch {
		case errors.Is(err, role.ErrUnread):
			why := role.WhyUnread(err, "lambda:GetEventSourceMapping")
			a.miss(role.Gap{What: "event source mappings: " + why.String() + " in " + region, SettledBy: why.SettledBy()})
		case err != nil:
			return fmt.Errorf("read event source mapping %s: %w", a.call.mapping(), err)
		case arn != "" && a.function != "":
			former, err := a.read(ctx, arn)
			a.former = sourcesOf(former)
			return err
		case arn != "":
			a.function = arn
			a.versions, err = a.read(ctx, arn)
			return err
		}
	}
	return nil
}

// sourcesOf are the event source mappings of a function's versions.
func sourcesOf(versions []role.Function) (out []role.Source) {
	for _, f := range versions {
		out = append(out, f.Config.Sources.Or(nil)...)
	}
	return out
}

// findRole finds the role that is asked about: by the question, the call, or the message, else those of the function's versions.
func (a *asking) findRole() error {
	a.role = a.question.Role
	if a.call != nil {
		asked := a.call.role()
		if a.role != "" && asked != "" && a.role != asked {
			return fmt.Errorf("the call is for the role %s, but the specified role is %s", asked, a.role)
		}
		a.role = cmp.Or(a.role, asked)
	}
	if a.given = a.role != ""; !a.given {
		if a.role, a.given = a.roleOfMessage(); len(a.named) > 1 {
			if len(a.versions) == 0 {
				return fmt.Errorf("%w: the message names several: %s", ErrNoRole, strings.Join(a.named, ", "))
			}
			a.role = ""
		}
	}
	if a.role != "" {
		a.answer.Roles = []string{a.role}
		_, err := role.ParseRef(a.role)
		return err
	}
	for _, f := range a.versions {
		if !slices.Contains(a.answer.Roles, f.Role) {
			a.answer.Roles = append(a.answer.Roles, f.Role)
		}
	}
	switch {
	case len(a.answer.Roles) > 0:
		return nil
	case a.question.Function.Name == "":
		return ErrNoRole
	case len(a.missing) > 0:
		return fmt.Errorf("%w: %s", ErrNoRole, strings.Join(role.GapTexts(a.missing), "; "))
	}
	return fmt.Errorf("%w: %s", ErrNoFunction, cmp.Or(a.function, a.question.Function.Name))
}

// roleOfMessage is the role that a message names, given as its ARN, or whose session it names; empty where it names none, or
// several. The session in the message that a caller lacks iam:PassRole is the caller's, and the role on which a function's code
// was denied a call is not the function's.
func (a *asking) roleOfMessage() (arn string, given bool) {
	said := a.answer.Message
	switch said.Meaning {
	case aws.NotTheRole:
		return "", false
	case aws.CodeLacks, aws.RoleNotPrincipal:
		return ofSession(said.Session), false
	}
	if _, err := role.ParseRef(said.Resource); err == nil {
		return said.Resource, true
	}
	var session string
	var roles []string
	for _, word := range strings.FieldsFunc(a.question.Message, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`“”,;()<>[]", r) }) {
		word = strings.TrimRight(word, ".:")
		if _, err := role.ParseRef(word); err == nil && !slices.Contains(roles, word) {
			roles = append(roles, word)
		}
		if session == "" && said.Meaning != aws.CallerMayNotPass {
			session = ofSession(word)
		}
	}
	if len(roles) > 0 {
		a.named = roles
		return roles[0], len(roles) == 1
	}
	if said.Meaning == aws.RoleNotAnARN && a.question.AccountID != "" {
		// Lambda was given a name alone, which may be that of a role.
		if ref, err := role.ParseRef(aws.RoleARN(cmp.Or(a.question.Partition, "aws"), a.question.AccountID, "/", said.Value).String()); err == nil {
			return ref.ARN, false
		}
	}
	return session, false
}

// ofSession is the ARN of the role of a session, without its path, which a session does not tell; empty for another text.
func ofSession(text string) string {
	arn, err := aws.ParseARN(text)
	if err != nil || arn.RoleName() == "" {
		return ""
	}
	return aws.RoleARN(arn.Partition, arn.Account, "/", arn.RoleName()).String()
}
