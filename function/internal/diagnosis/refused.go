package diagnosis

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
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
	if again, ok := aws.ReadRefusal(a.answer.Message.Sentence); ok && again.Says == a.answer.Message.Says {
		r.Error = a.answer.Message.Sentence // Whoever asks knows what the tool put around it.
	}
	asks, of := a.asked(), a.answer.Roles[0]
	if places := a.reached(); len(places) > 0 {
		f := a.versions[places[0]]
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
	return a.call.asked().Changing(a.former)
}

// plan makes the versions what a call would make them that is still to come, or gives the function the role that is asked about.
func (a *asking) plan() {
	another := a.role != "" && len(one{a}.users("")) == 0
	if a.function == "" || a.question.Message != "" || a.call == nil && !another {
		return
	}
	a.answer.Planned = true
	a.versions = slices.Clone(a.versions)
	if len(a.versions) == 0 {
		a.versions = []role.Function{unmade(a.function, a.answer.Roles[0])}
	}
	for _, i := range a.reached() {
		a.versions[i] = a.planned(a.versions[i])
	}
}

// planned is a version as the call would make it, with the role that is asked about.
func (a *asking) planned(f role.Function) role.Function {
	if a.call != nil {
		asked := a.asked().Over(f)
		asked.Source = asked.EventSource()
		if s, ok := asked.Source.Get(); ok {
			s.Unsaid = role.Reason{} // Lambda says nothing of a mapping that is still to come.
			asked.Source = role.Have(s)
		}
		f = a.question.Call.onto(asked.Onto(f))
		f.Config.Sources = plannedOf(a, f.Config.Sources, asked.Source)
		f.Config.Destinations = plannedOf(a, f.Config.Destinations, asked.Destinations)
	}
	if a.role != "" {
		f.Role = a.role
	}
	return f
}

// reached are the places of the versions that a call is about: $LATEST where it configures the function itself, and those that its
// qualifier leads to where it configures an event source or a destination.
func (a *asking) reached() (places []int) {
	qualifier, beside := "", false
	if a.call != nil && a.call.Event.Configures != events.ConfiguresFunction {
		qualifier, beside = a.call.Function.Qualifier, true
	}
	for i, f := range a.versions {
		if beside && f.ReachedBy(qualifier, role.AllAliases) || !beside && f.IsLatest() {
			places = append(places, i)
		}
	}
	if len(places) == 0 && beside && len(a.versions) > 0 {
		a.miss(role.Gap{
			What:      "versions: to which version of the function " + cmp.Or(qualifier, "its unqualified name") + " points",
			SettledBy: "Specify a version or an alias that the function has.",
		})
	}
	return places
}

// plannedOf is a list with what a call asks for in it. Where the list was not read, the call is judged alone, and the rest is
// missing.
func plannedOf[T any](a *asking, list role.Maybe[[]T], one role.Maybe[T]) role.Maybe[[]T] {
	value, ok := one.Get()
	switch {
	case ok && list.State() == role.Unknown:
		a.miss(role.Gap{What: list.Why(), SettledBy: list.Reason().SettledBy()})
		return role.Have([]T{value})
	case !ok && one.State() == role.Unknown && one.Reason().Given():
		return role.NotRead[[]T](one.Reason())
	}
	return list
}

// alone asks whether Lambda could assume the role for any function, where no function is known and no call was refused: the checks
// of the trust policy judge functions.
func (a *asking) alone(ctx context.Context, options *scan.Options) error {
	if a.role == "" || a.function != "" || len(options.Refused) > 0 || a.call != nil {
		return nil
	}
	a.miss(role.Gap{What: "functions: no function is specified, so the permissions that it needs were not evaluated", SettledBy: "Specify the function."})
	ref, err := role.ParseRef(a.role)
	if err != nil {
		return err
	}
	snapshot, err := one{a}.Role(ctx, ref)
	if err != nil {
		return err
	}
	a.snapshot, a.absent = &snapshot, snapshot.Exists() == role.Absent
	snapshot.Users = role.Users{Complete: true}
	identity, _ := snapshot.Identity.Get()
	another := identity.ARN != "" && identity.ARN != a.role
	if !a.absent && (another || reconcile.ScopeOf(&snapshot, reconcile.Memory{}, options.Now).Answer != reconcile.InScope) {
		options.Refused = map[string][]check.Refusal{ref.Key(): {{EventID: asked, Asked: &role.Asked{Role: a.role}}}}
	}
	return nil
}

// unmade is a function before it is made: nothing is configured beside it.
func unmade(arn, roleARN string) role.Function {
	f := role.Function{ARN: arn, Version: aws.LatestVersion, Role: roleARN, Edge: role.Have(false), LastModified: role.None[time.Time]()}
	f.Environment, f.KMSKey = role.Have(false), role.None[string]()
	f.Config = role.UnreadConfig(role.Because("the input of the call does not contain it"))
	c := &f.Config
	c.Wrapper, c.Status, c.Tags = role.None[string](), role.None[role.Status](), role.Have[map[string]string](nil)
	c.Sources, c.Destinations = role.Have[[]role.Source](nil), role.Have[[]role.Destinations](nil)
	c.Policies, c.URLs = role.Have[[]role.ResourcePolicy](nil), role.Have[[]role.URL](nil)
	return f
}
