// Package refusal holds the check for calls that Lambda rejected because of an execution role. It explains what a message says by
// the current state of the role, with the diagnosis of the checks of the trust policy and of what functions need.
package refusal

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// mostExplained bounds the rejected calls that are explained; the rest is counted.
const mostExplained = 3

// Checks are the checks of this package.
func Checks() []*check.Check {
	return []*check.Check{{
		ID: "RW117", Slug: "create-refused", Title: "Lambda rejected a call because of the execution role", Severity: check.High, Since: "0.1.0", Settles: true,
		JudgesRefusals: true,
		Why:            "A deployment failed, and Lambda's message does not name the cause.",
		Fix:            "Fix what the finding names, and deploy again. If the role was only seconds old, deploying again is enough.",
		Source:         "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html", Run: run,
		Reads: reads(),
	}}
}

// reads are the facts that explanations are based on.
func reads() []check.Fact {
	all := append(slices.Concat(trust.Reads(), needs.Reads()), check.Refusals, check.Changes)
	slices.Sort(all)
	return slices.Compact(all)
}

// run reports the rejected calls in one diagnostic. The newest comes first, and its fix is the diagnostic's.
func run(p *check.Pass) {
	if len(p.Refusals) == 0 {
		return
	}
	all := explanations(p.Subject)
	first := all[0]
	d := check.Diagnostic{
		Parts: []role.Part{role.PartRefusal}, Functions: functions(p.Subject), Title: first.Title, Fix: first.Fix, Evidence: first.Evidence,
		Occurrence: occurrence(p.Refusals),
	}
	var sentences []string
	for _, e := range all[:min(len(all), mostExplained)] {
		sentences = append(sentences, strings.TrimSpace(e.said+" "+e.Why))
	}
	if n := len(all) - mostExplained; n > 0 {
		sentences = append(sentences, fmt.Sprintf("%s rejected before, for %s.", words.Count(n, "more call")+words.Either(n, " was", " were"), words.Either(n, "another reason", "other reasons")))
	}
	d.Detail = strings.Join(sentences, " ")
	p.Report(d)
}

// occurrence changes with every try that followed another one.
func occurrence(refusals []check.Refusal) string {
	var tries []string
	for _, r := range refusals {
		if r.Tries > 0 {
			tries = append(tries, r.Subject()+"\x00"+strconv.Itoa(r.Tries))
		}
	}
	slices.Sort(tries)
	return strings.Join(tries, "\x00")
}

// functions are those that rejected calls name, once each.
func functions(s *check.Subject) []role.Function {
	var out []role.Function
	for _, r := range s.Refusals {
		if r.Function != "" && !slices.ContainsFunc(out, func(f role.Function) bool { return f.ARN == r.Function }) {
			out = append(out, asAsked(s, r))
		}
	}
	return out
}

// asAsked is the function as the rejected call would have left it.
func asAsked(s *check.Subject, r check.Refusal) role.Function {
	var asked role.Asked
	if r.Asked != nil {
		asked = *r.Asked
	}
	f := asked.Function(r.Function, aws.LatestVersion, s.Role.ARN(), role.NotRecorded("the record of the rejected call does not contain it"))
	if r.Configures == "" {
		// A call that configures the function tries neither its event sources nor its destinations.
		f.Config.Sources, f.Config.Destinations = role.Have[[]role.Source](nil), role.Have[[]role.Destinations](nil)
	}
	return f
}

// asIfTaken is the subject as it would be if no call had been rejected: a fix of the trust policy is then for all the rejected
// functions.
func asIfTaken(s *check.Subject) *check.Subject {
	taken, snapshot := s.Alone(), *s.Role
	snapshot.Users.List = slices.Concat(snapshot.Users.List, functions(s))
	taken.Role = &snapshot
	return taken
}

// explanations explains the rejected calls, the newest first: of each subject the last one, and of several with the same reason
// one.
func explanations(s *check.Subject) []Explanation {
	newest := slices.SortedStableFunc(slices.Values(s.Refusals), func(a, b check.Refusal) int { return b.Time.Compare(a.Time) })
	seen := map[string]bool{}
	var out []Explanation
	for _, r := range newest {
		subject := r.Subject()
		if isPassRole(r) {
			subject += "\x00" + r.Actor
		}
		if seen[subject] {
			continue
		}
		seen[subject] = true
		e := Explain(s, r)
		if !slices.ContainsFunc(out, func(o Explanation) bool { return o.Why == e.Why }) {
			out = append(out, e)
		}
	}
	return out
}

// said is the sentence with what was rejected, how often, and with which message; empty where no call was rejected, and the
// question is what would happen to a call.
func said(r check.Refusal) string {
	if r.Error == "" {
		return ""
	}
	text := cmp.Or(aws.LambdaCall(r.Event), "A call") + " was rejected"
	if n, first := r.Refused(); n > 1 {
		text += fmt.Sprintf(" %d times, first at %s and last at %s,", n, first.UTC().Format("15:04:05 MST"), r.Time.UTC().Format("15:04:05 MST on 2006-01-02"))
	}
	if r.ErrorCode != "" {
		text += " with " + r.ErrorCode
	}
	text += ": “" + r.Error + "”"
	if !strings.HasSuffix(r.Error, ".") {
		text += "."
	}
	return text
}
