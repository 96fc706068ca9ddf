package diagnosis

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// asked stands for the ID of a record where there is none.
const asked = "asked"

// refused is the refused call, by the key of the role that it is about; nil where no call was refused because of a role.
func (a *asking) refused() map[string][]check.Refusal {
	if !a.answer.Known || a.answer.Message.Meaning == aws.NotTheRole {
		return nil
	}
	r := check.Refusal{Function: a.function, EventID: asked}
	if a.call != nil {
		r = a.call.refusal()
		r.Function = cmp.Or(a.function, r.Function)
		if a.question.Call.record == nil {
			// The input of a command does not say when it was refused, or in which account.
			r.Function, r.Time, r.Actor, r.ErrorCode = a.function, time.Time{}, "", ""
		}
	}
	r.Error = a.question.Message
	event, code := callOf(r.Error)
	r.Event, r.ErrorCode = cmp.Or(r.Event, event), cmp.Or(r.ErrorCode, code)
	asks, of := a.asked(), a.answer.Roles[0]
	if f, ok := a.latest(); ok {
		asks = asks.Over(f)
		if a.role == "" {
			of = f.Role
		}
	}
	if a.given {
		asks.Role = a.role
	}
	r.Asked = &asks
	ref, err := role.ParseRef(of)
	if err != nil {
		return nil
	}
	return map[string][]check.Refusal{ref.Key(): {r}}
}

// Tools put the name of the call before the message: the AWS CLI and the SDK for Python, and the SDK for Go and with it Terraform.
var callNames = []*regexp.Regexp{
	regexp.MustCompile(`An error occurred \((?P<code>\w+)\) when calling the (?P<call>\w+) operation`),
	regexp.MustCompile(`operation error Lambda: (?P<call>\w+),(?:.*RequestID: [\w-]+, (?P<code>\w+):)?`),
}

// callOf finds the name of the call and the error code around a message.
func callOf(message string) (call, code string) {
	for _, pattern := range callNames {
		if found := pattern.FindStringSubmatch(message); found != nil {
			return found[pattern.SubexpIndex("call")], found[pattern.SubexpIndex("code")]
		}
	}
	return "", ""
}

// asked is what the call asks for; nothing where it is not known.
func (a *asking) asked() role.Asked {
	if a.call == nil || a.call.asked() == nil {
		return role.Asked{}
	}
	return *a.call.asked()
}

// plan makes the function what a call would make it that is still to come.
func (a *asking) plan() {
	if a.call == nil || a.function == "" || a.question.Message != "" {
		return
	}
	a.answer.Planned = true
	before, there := a.latest()
	if !there {
		before = unmade(a.function, a.answer.Roles[0])
	}
	after := a.question.Call.onto(a.asked().Onto(before))
	a.versions = append(slices.DeleteFunc(slices.Clone(a.versions), role.Function.IsLatest), after)
}

// unmade is a function before it is made: nothing is configured beside it.
func unmade(arn, roleARN string) role.Function {
	f := role.Function{ARN: arn, Version: aws.LatestVersion, Role: roleARN, Edge: role.Have(false), LastModified: role.None[time.Time]()}
	f.Environment, f.KMSKey = role.Have(false), role.None[string]()
	f.Config = role.UnreadConfig(role.Because("the input of the call does not have it"))
	c := &f.Config
	c.Wrapper, c.Status, c.Tags = role.None[string](), role.None[role.Status](), role.Have[map[string]string](nil)
	c.Sources, c.Destinations = role.Have[[]role.Source](nil), role.Have[[]role.Destinations](nil)
	c.Policies, c.URLs = role.Have[[]role.ResourcePolicy](nil), role.Have[[]role.URL](nil)
	return f
}

// latest is what the function is configured with now; false where it does not exist.
func (a *asking) latest() (role.Function, bool) {
	i := slices.IndexFunc(a.versions, role.Function.IsLatest)
	if i < 0 {
		return role.Function{}, false
	}
	return a.versions[i], true
}
