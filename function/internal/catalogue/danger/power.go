package danger

import (
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// powers are actions of services that have nothing in common, of which an administrator may call most. None is for a resource
// whose own policy has to allow it too, as a key's has, nor one that organizations usually deny to administrators, as leaving
// them.
var powers = []string{
	"iam:CreateUser", "iam:PutRolePolicy", "iam:PassRole", "s3:DeleteBucket", "kms:CreateKey", "ec2:RunInstances", "dynamodb:DeleteTable",
	"lambda:UpdateFunctionCode", "sqs:DeleteQueue",
}

// mostLost is how many of powers Deny statements may deny to an administrator. A role that has lost more is not one.
const mostLost = 4

// overPermissions are actions of which one is enough to get any other permission back.
var overPermissions = []string{
	"iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:PutUserPolicy", "iam:AttachUserPolicy",
	"iam:CreateAccessKey",
}

// undocumented is an action of a service that AWS does not have: only what allows every action allows it.
const undocumented = "rolewatchprobe:Probe"

// power is the answer to whether the role has administrator access.
type power struct {
	ask.Answer
	// guards are Deny statements that restrict it; lost are the actions that they deny.
	guards ask.Statements
	lost   []string
}

// administers reports whether the role can do everything, or everything except what some Deny statements deny. The policies also have
// to allow an action that AWS does not document, most of powers, and an action that changes permissions.
func (j *judge) administers() power {
	if !j.Grants(undocumented) {
		return power{}
	}
	every := j.InRegions(func(region string) ask.Answer {
		return j.Ask(ask.Question{Action: undocumented, Resource: j.madeUp("rolewatchprobe", region), Region: region, Unnamed: true})
	}, undocumented)
	if !every.Possible() || len(every.Needs()) > 0 {
		return power{Answer: ask.Answer{Denies: every.Denies}}
	}
	out := power{Answer: every}
	missing := 0
	bare := sync.OnceValue(func() *judge { return newJudge(j.subject, j.e.Unlimited()) })
	for _, name := range powers {
		got := j.anywhere(name, nil)
		if got.Possible() && len(got.Needs()) == 0 {
			out.Answer = ask.Both(out.Answer, got)
			continue
		}
		if missing++; missing > mostLost {
			return power{Answer: ask.Answer{Decision: got.Decision, Denies: got.Denies}}
		}
		if len(got.Denies) == 0 && !bare().anywhere(name, nil).Allowed() {
			return power{} // The policies do not allow it, so that no Deny statement matters.
		}
		out.guard(got, name)
	}
	if missing > 0 && !slices.ContainsFunc(overPermissions, func(name string) bool { return j.anywhere(name, nil).Possible() }) {
		return power{}
	}
	if out.Allowed() {
		j.addGuards(&out)
	}
	return out
}

// madeUp is the ARN of a resource of a service that AWS does not have.
func (j *judge) madeUp(service, region string) string {
	r := j.subject.Role.Ref
	return "arn:" + r.Partition + ":" + service + ":" + region + ":" + r.Account + ":thing/" + j.Name()
}

// guard notes what denies an action.
func (p *power) guard(got ask.Answer, action string) {
	for _, ref := range got.Denies {
		if ref.Effect == policy.Deny {
			p.guards.Add(ref)
		}
	}
	if !slices.Contains(p.lost, action) {
		p.lost = append(p.lost, action)
	}
}

// addGuards adds the other Deny statements that restrict the role, each with the actions that it names.
func (j *judge) addGuards(p *power) {
	for _, ref := range j.denies() {
		for _, v := range ref.Statement.Actions {
			if len(p.lost) > maxList || ref.Statement.NotAction {
				break
			}
			for name := range j.each(v.Text) {
				got := j.anywhere(name, nil)
				if !got.Possible() && slices.ContainsFunc(got.Denies, func(o policy.StatementRef) bool { return o.Statement == ref.Statement }) {
					p.guard(got, name)
				}
				break
			}
		}
	}
}

// denies are the Deny statements of all policies that bear on the role.
func (j *judge) denies() []policy.StatementRef {
	var out []policy.StatementRef
	for _, parts := range slices.Concat([][]policy.Part{j.e.Set.Identity, j.e.Set.Boundaries}, j.e.Set.SCPs, j.subject.Role.RCPs.Or(nil)) {
		for _, part := range parts {
			if part.Document == nil {
				continue
			}
			for i := range part.Document.Statements {
				if s := &part.Document.Statements[i]; s.Effect == policy.Deny {
					out = append(out, policy.StatementRef{Policy: part.Name, Statement: s, Document: part.Document, Effect: policy.Deny})
				}
			}
		}
	}
	return out
}

// each goes through the actions that AWS documents and that a pattern covers; none where the budget does not suffice.
func (j *judge) each(pattern string) func(yield func(string) bool) {
	work := workOf(pattern)
	return func(yield func(string) bool) {
		if j.Spend(work) {
			actions.Each(pattern, yield)
		}
	}
}

// workOf is about how many steps it takes to hold a value of Action against all actions that it may cover.
func workOf(pattern string) int {
	service, name, _ := strings.Cut(pattern, ":")
	if name != "" && strings.ContainsAny(service, "*?") {
		return ofAllServices
	}
	return ofOneService
}

// ofOneService and ofAllServices are about how many steps it takes to hold a pattern against all actions of a service, and of all.
const (
	ofOneService  = 100
	ofAllServices = 8_000
)
