package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// sourceARN is the key whose value is what a service acts for. Of Lambda, which assumes the role of a function, it is the function's ARN; see
// policy.AssumedByService.
const sourceARN = "aws:sourcearn"

// door is the trust policy of a role that is passed to a service, with the resource control policies above it.
type door struct {
	*hopper
	node      *reach.Node
	gate      *ask.Gate
	principal string
}

// ask asks whether the service may assume the role. It acts in the account for a function where one is given, or else for anything that is like
// a pattern and unlike others, which the caller chooses.
func (d door) ask(function string, like map[string]string, unlike ...string) ask.Passage {
	request := policy.AssumedByService(d.principal, d.node.ARN(), nil, function, d.subject.Now) // The gate knows the tags.
	account := d.node.Ref.Account
	return d.gate.Ask([]ask.Visitor{ask.Outside(d.principal)}, ask.Visit{
		Action: request.Action,
		Context: ask.With(request.Context, map[string]policy.ContextValue{
			"aws:sourceaccount": ask.Value(account), "aws:resourceaccount": ask.Value(account), "aws:principalisawsservice": ask.Value("true"),
		}),
		Chosen: func(key string) bool { return key == sourceARN },
		Like:   like, Unlike: map[string][]string{sourceARN: unlike},
	})
}

// through makes an answer depend on whether the trust policy admits the service.
func (d door) through(got ask.Answer, passage ask.Passage) ask.Answer {
	switch {
	case !got.Possible() || passage.Decision == policy.Allowed:
		return got
	case passage.Decision != policy.Unknown:
		return ask.Answer{}
	}
	gaps := effective.Open("trust policy of "+d.node.ARN()+": ", passage.Verdict)
	if len(gaps) == 0 {
		gaps = append(gaps, role.Gap{What: "trust policy of " + d.node.ARN() + ": how AWS reads it is not known", SettledBy: role.SettledByWriting})
	}
	return dependsOn(got, gaps...)
}

// byFunction gives the best way to have Lambda run code with a role whose trust policy names functions: the function that gets the role has to
// be one that the trust policy admits and that the caller's policies allow. Of what is no function it is not known what Lambda acts for.
func (d door) byFunction(passing ask.Answer, runs []runner) (of runner, best ask.Answer) {
	of = runs[0]
	for _, run := range runs {
		got := ask.Both(passing, run.Answer)
		if at := slices.IndexFunc(run.rest, givesRole); at >= 0 {
			got = ask.Both(passing, d.onFunction(run, run.rest[at].action))
		}
		if got.Possible() && !best.Possible() || got.Allowed() && !best.Allowed() {
			of, best = run, got
		}
	}
	return of, best
}

// givesRole reports whether a step gives a function the role that is passed.
func givesRole(s step) bool {
	return s.action == "lambda:CreateFunction" || s.action == "lambda:UpdateFunctionConfiguration"
}

// onFunction takes the steps of a way on one function that the trust policy admits: the one that they were taken on, or else one whose name
// the trust policy and the caller's policies agree on.
func (d door) onFunction(run runner, action string) (best ask.Answer) {
	for _, s := range run.Steps {
		if arn, ok := unqualified(s.Resource); ok && s.Action == action && d.ask(arn, nil).Decision == policy.Allowed {
			return run.Answer
		}
	}
	steps := run.rest
	isOnIt := func(s step) bool { return givesRole(s) || s.on == otherFunction }
	own := slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return !isOnIt(s) })
	others := d.take(slices.DeleteFunc(slices.Clone(steps), isOnIt))
	for arn, region := range d.functions(action) {
		got := ask.Both(d.allOn(own, ask.Resource{ARN: arn, Named: true}, region), others)
		if got.Possible() {
			best = ask.Better(best, d.through(got, d.ask(arn, nil)))
		}
		if best.Allowed() && len(best.Needs()) == 0 {
			return best
		}
	}
	if len(best.Needs()) > 0 {
		return ask.Answer{} // A new function has the tags that the caller gives it, and those of another one are not known.
	}
	return best
}

// functions goes through functions that the trust policy may admit and whose names the policies tell apart for an action, with their Regions:
// one for each pattern that these name, among what others do not name, too.
func (d door) functions(action string) func(yield func(arn, region string) bool) {
	return func(yield func(arn, region string) bool) {
		n := d.Naming(action)
		patterns := []string{aws.FunctionPrefix + "?*"}
		for _, text := range slices.Concat(n.Granted, n.Limited) {
			if arn, ok := aws.ParseARNPattern(text); ok && strings.HasPrefix(arn.Resource, aws.FunctionPrefix) && !slices.Contains(patterns, arn.Resource) {
				patterns = append(patterns, arn.Resource)
			}
		}
		seen := map[string]bool{}
		for _, region := range d.sourceRegions(action) {
			for _, pattern := range patterns {
				at := aws.ARN{Partition: d.node.Ref.Partition, Service: "lambda", Region: region, Account: d.node.Ref.Account, Resource: pattern}
				for _, unlike := range [][]string{nil, n.Limited} {
					passage := d.ask("", map[string]string{sourceARN: at.String()}, unlike...)
					arn, ok := unqualified(slices.Concat(passage.Request.Context.Keys[sourceARN].Values, []string{ask.Sample(at.String(), d.Name())})...)
					if !passage.Possible() || !ok || seen[arn] {
						continue
					}
					if seen[arn] = true; !yield(arn, region) {
						return
					}
				}
			}
		}
	}
}

// unqualified is the first of some texts that is the ARN of a function, without a version or an alias; false where none is.
func unqualified(texts ...string) (string, bool) {
	for _, text := range texts {
		if f, err := aws.ParseFunctionARN(text); err == nil {
			return f.Unqualified(), true
		}
	}
	return "", false
}

// sourceRegions are the Regions in which answers may differ: those of the policies, one for each way in which the trust policy names
// Regions, and one that it does not name.
func (d door) sourceRegions(action string) []string {
	list := slices.Clone(d.Regions(action))
	var named []string
	for _, text := range d.gate.Values(sourceARN) {
		if arn, ok := aws.ParseARNPattern(text); ok {
			named = append(named, arn.Region)
		}
	}
	all := aws.RegionsOf(d.node.Ref.Partition)
	add := func(fits func(region string) bool) {
		if at := slices.IndexFunc(all, fits); at >= 0 && !slices.Contains(list, all[at]) {
			list = append(list, all[at])
		}
	}
	for _, pattern := range named {
		add(func(region string) bool { return ask.Matches(pattern, region) })
	}
	add(func(region string) bool {
		return !slices.ContainsFunc(named, func(pattern string) bool { return ask.Matches(pattern, region) })
	})
	return list
}
