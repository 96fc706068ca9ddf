package needs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// lack is an action that a need asks for and the role does not have.
type lack struct {
	need    need
	action  string
	verdict policy.Verdict
	// trap are the statements that would allow it if the call carried the function's ARN.
	trap []policy.StatementRef
}

// outcome is what a row finds for one function: all of its versions that use the role.
type outcome struct {
	row      *row
	function string
	versions []role.Function
	lacks    []lack
	missing  []string
}

// soft tells whether all that lacks is what Lambda may do without.
func (o outcome) soft() bool {
	return !slices.ContainsFunc(o.lacks, func(l lack) bool { return !l.need.soft })
}

type memoKey struct{}

// judgement is what all rows find for all functions.
type judgement struct {
	functions int
	// outcomes are those that lack something, or would have to know something.
	outcomes []outcome
}

// judged works out every row for every function, once for all checks of this package.
func judged(s *check.Subject) judgement {
	return check.Memo(s, memoKey{}, func() judgement {
		if s.Role.Exists() == role.Absent {
			return judgement{} // That the role is missing is another check's to tell.
		}
		e := effective.Of(s)
		functions := functionsOf(s)
		out := judgement{functions: len(functions)}
		for _, versions := range functions {
			for i := range rows {
				if o := judge(s, e, &rows[i], versions); len(o.lacks)+len(o.missing) > 0 {
					out.outcomes = append(out.outcomes, o)
				}
			}
		}
		return out
	})
}

type functionsKey struct{}

// functionsOf are the role's users by function. Those of another account or partition cannot use the role at all.
func functionsOf(s *check.Subject) [][]role.Function {
	return check.Memo(s, functionsKey{}, func() [][]role.Function {
		return slices.DeleteFunc(role.ByFunction(s.Role.Users.List), func(versions []role.Function) bool {
			p, err := aws.ParseARN(versions[0].ARN)
			return err != nil || p.Account != s.Role.Ref.Account || p.Partition != s.Role.Ref.Partition
		})
	})
}

func judge(s *check.Subject, e *effective.Permissions, r *row, versions []role.Function) outcome {
	o := outcome{row: r, function: versions[0].ARN}
	for _, f := range versions {
		p, _ := aws.ParseARN(f.ARN)
		a := r.ask(f, p)
		hit := false
		for _, n := range a.needs {
			if _, err := aws.ParseARN(n.resource); err != nil && n.resource != "*" {
				a.miss(notResource(n.resource))
				continue
			}
			d := desk{subject: s, permissions: e, function: f, need: n}
			lacks, missing := d.judge()
			for _, l := range lacks {
				hit = true
				if !slices.ContainsFunc(o.lacks, l.same) {
					o.lacks = append(o.lacks, l)
				}
			}
			a.missing = append(a.missing, missing...)
		}
		if hit {
			o.versions = append(o.versions, f)
		}
		for _, why := range a.missing {
			if !slices.Contains(o.missing, why) {
				o.missing = append(o.missing, why)
			}
		}
	}
	return o
}

func (l lack) same(o lack) bool { return l.action == o.action && l.need.resource == o.need.resource }

// desk judges one need of one function version.
type desk struct {
	subject     *check.Subject
	permissions *effective.Permissions
	function    role.Function
	need        need
}

// judge gives what lacks, and what would have to be known.
func (d desk) judge() (lacks []lack, missing []string) {
	for _, action := range d.need.actions {
		v, why := d.ask(action, d.need.resource, d.context(d.need.carries))
		switch {
		case v.Decision == policy.Allowed && d.need.any:
			return nil, nil
		case v.Decision == policy.Allowed:
		case v.Decision == policy.Unknown:
			missing = append(missing, why...)
		case d.narrower(action):
			missing = append(missing, "whether "+action+" on named resources is enough")
		case d.need.unless != "" && v.Decision == policy.ImplicitDeny:
			missing = append(missing, d.need.unless)
		default:
			lacks = append(lacks, lack{need: d.need, action: action, verdict: v, trap: d.trap(action)})
		}
	}
	if d.need.any && len(missing) > 0 {
		return nil, missing
	}
	if d.need.any && len(lacks) > 1 {
		lacks = lacks[:1]
	}
	return lacks, missing
}

// narrower tells whether a policy allows the action on all that it is for, though not on everything.
func (d desk) narrower(action string) bool {
	if len(d.need.instead) == 0 {
		return false
	}
	return !slices.ContainsFunc(d.need.instead, func(resource string) bool {
		v, _ := d.ask(action, resource, d.context(d.need.carries))
		return v.Decision != policy.Allowed
	})
}

// trap gives the statements that would allow the action if the call carried the function's ARN, which it never does.
func (d desk) trap(action string) []policy.StatementRef {
	if d.need.carries != notCarried {
		return nil
	}
	if v, _ := d.ask(action, d.need.resource, d.context(carried)); v.Decision == policy.Allowed {
		return v.Statements
	}
	return nil
}

// ask evaluates one request of Lambda with the role's credentials. A key's policy, and that of a resource in another
// account, are not read: a key is taken to leave it to its account, as nearly all do, and of the other nothing is known.
func (d desk) ask(action, resource string, context policy.Context) (policy.Verdict, []string) {
	e := *d.permissions
	p, err := aws.ParseARN(resource)
	foreign := err == nil && p.Account != "" && p.Account != d.subject.Role.Ref.Account
	switch {
	case foreign:
		e.Set.Unread = append(slices.Clone(e.Set.Unread), "resource")
	case p.Service == "kms":
		// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
		if doc := effective.LeftTo(p.Account); doc != nil {
			e.Set.Resource = &policy.Part{Name: "key", Document: doc}
		}
	}
	v := e.Ask(action, resource, context)
	if v.Decision != policy.Unknown {
		return v, nil
	}
	if foreign && len(v.UnknownKeys) == 0 && slices.Equal(v.Unread, []string{"resource"}) {
		return v, []string{fmt.Sprintf("the policy of %s, which is in account %s", resource, p.Account)}
	}
	return v, e.Hangs(v)
}

// contextKey is what the context of a call hangs on, for one subject.
type contextKey struct {
	permissions       *effective.Permissions
	function, account string
	carries           carry
}

// context is what is known of the call's context. It is made once for all calls that it is the same for.
func (d desk) context(c carry) policy.Context {
	key := contextKey{permissions: d.permissions, function: d.function.ARN, carries: c}
	if p, err := aws.ParseARN(d.need.resource); err != nil || p.Account != "" {
		key.account = cmp.Or(p.Account, d.subject.Role.Ref.Account)
	}
	return check.Memo(d.subject, key, func() policy.Context { return d.newContext(key) })
}

func (d desk) newContext(key contextKey) policy.Context {
	now := d.subject.Now.UTC()
	keys := map[string]policy.ContextValue{
		"aws:securetransport": effective.Value("true"), "aws:currenttime": effective.Value(now.Format(time.RFC3339)),
		"aws:epochtime": effective.Value(strconv.FormatInt(now.Unix(), 10)),
	}
	if p, err := aws.ParseARN(key.function); err == nil {
		keys["aws:requestedregion"] = effective.Value(p.Region)
	}
	if key.account != "" {
		keys["aws:resourceaccount"] = effective.Value(key.account)
	}
	if id := d.subject.Parameters.Organization; id != "" {
		keys["aws:principalorgid"] = effective.Value(id)
	}
	switch key.carries {
	case carried:
		keys["lambda:sourcefunctionarn"] = effective.Value(key.function)
	case notCarried:
		keys["lambda:sourcefunctionarn"] = policy.ContextValue{Presence: policy.KeyAbsent}
	}
	context := d.permissions.Context()
	maps.Copy(context.Keys, keys)
	return context
}
