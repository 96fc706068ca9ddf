package needs

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Named is what a message of Lambda's says that the role was denied.
type Named struct {
	// Actions are IAM actions; Resource is an ARN, empty where the message names none.
	Actions  []string
	Resource string
	// ByCode says that the function's code made the call, and not Lambda.
	ByCode bool
	// checks are the IDs of those whose needs can be the cause; all where there is none.
	checks []string
}

// ToMount says that Lambda could not mount a file system, whichever call was denied; ToDecrypt that it could not decrypt the
// environment variables.
var (
	ToMount   = Named{checks: []string{vpcRow, efsRow, s3FilesRow}}
	ToDecrypt = Named{checks: []string{keyRow}}
)

// Checks are those whose needs can be the cause.
func (n Named) Checks() (out []*check.Check) {
	for i := range rows {
		if n.may(&rows[i]) {
			out = append(out, &rows[i].check)
		}
	}
	return out
}

// may reports whether what a row requires can be the cause.
func (n Named) may(r *row) bool { return len(n.checks) == 0 || slices.Contains(n.checks, r.check.ID) }

// Answer is what all needs find for one version, and for the calls that a message names.
type Answer struct {
	// Lacking names what lacks, the first few actions; empty where nothing lacks. Named says that a call which the message names is
	// among it, or that the message names none.
	Lacking string
	Named   bool
	// Anywhere says that the resource of the named calls is not known: they are judged on any resource.
	Anywhere bool
	// Checks are those whose need is not met, in order.
	Checks []*check.Check
	// Sentences say what lacks and what blocks it, Evidence with which statements.
	Sentences []string
	Evidence  []check.Evidence
	Fix       check.Fix
	// Missing is what would have to be known to decide on the calls that are named, or on all needs where none is; Hangs are the
	// statements on which that depends.
	Missing []role.Gap
	Hangs   []check.Evidence
}

// Reads are the facts that answers are based on.
func Reads() []check.Fact { return effective.Reads() }

// For judges a version as a rejected call would have left it. What lacks among the named calls comes first. What the version's
// needs leave undecided counts only where the message names no call: Lambda's message is more certain than a guess.
func For(s *check.Subject, f role.Function, named Named) Answer {
	j := naming{l: effective.Of(s).AskingLambda(s), e: effective.Of(s), f: f, named: named}
	configured := slices.ContainsFunc(rows, func(r row) bool { return j.covers(&r) })
	if !configured {
		f = implied(f, named)
	}
	j.f, j.covered = f, nil
	var first, rest []outcome
	for i := range rows {
		if !named.may(&rows[i]) {
			continue
		}
		o := judge(j.l, &rows[i], []role.Function{f})
		switch {
		case j.covers(&rows[i]):
			first = append(first, o)
		case len(o.lacks) > 0:
			rest = append(rest, o)
		case len(named.Actions) == 0:
			j.miss(o.missing)
		}
	}
	a := j.answer(s, append(first, j.direct()), rest)
	a.Anywhere = !configured && slices.ContainsFunc(named.Actions, func(action string) bool { return named.Resource == "" && j.resource(action) != "*" })
	return a
}

// naming judges the calls that a message names.
type naming struct {
	l       *ask.Lambda
	e       *effective.Permissions
	f       role.Function
	named   Named
	covered []string
	missing []role.Gap
}

func (j *naming) miss(missing []role.Gap) { j.missing = addGaps(j.missing, missing...) }

// covers reports whether a row asks for one of the named calls, and notes those that it asks for.
func (j *naming) covers(r *row) (hit bool) {
	p, _ := aws.ParseARN(j.f.ARN)
	for _, n := range r.ask(&j.f, p).needs {
		if j.named.Resource != "" && n.resource != j.named.Resource && n.resource != "*" {
			continue
		}
		for _, action := range n.actions {
			if slices.ContainsFunc(j.named.Actions, func(a string) bool { return strings.EqualFold(a, action) }) {
				hit = true
				j.covered = append(j.covered, strings.ToLower(action))
			}
		}
	}
	return hit
}

// byMessage is the row of the calls that are known from a message alone.
var byMessage = row{what: "for the rejected call"}

// direct judges the named calls that no need of the version asks for.
func (j *naming) direct() outcome {
	o := outcome{row: &byMessage, function: j.f.ARN, versions: []role.Function{j.f}}
	for _, action := range j.named.Actions {
		if slices.Contains(j.covered, strings.ToLower(action)) {
			continue
		}
		lacks, missing := j.desk(action).judge()
		o.lacks, o.missing = append(o.lacks, lacks...), append(o.missing, missing...)
	}
	return o
}

// desk judges a named call by what the message alone says of it.
func (j *naming) desk(action string) desk {
	n := on(j.resource(action), carryUnknown, action)
	if j.named.ByCode {
		n.carries, n.from = carried, code
	}
	return deskOf(j.l, &j.f, n)
}

// resource is what a named call was about: the resource that the message names, else any of the service in the function's
// Region. EC2's calls are asked of everything, as its needs are.
func (j *naming) resource(action string) string {
	service, _, _ := strings.Cut(action, ":")
	p, err := aws.ParseARN(j.f.ARN)
	switch {
	case j.named.Resource != "":
		return j.named.Resource
	case service == "ec2" || service == "xray" || err != nil:
		return "*"
	case service == "s3":
		return aws.ARN{Partition: p.Partition, Service: service, Resource: "*"}.String()
	}
	return p.In(service, "*").String()
}

func (j *naming) answer(s *check.Subject, first, rest []outcome) Answer {
	var a Answer
	var lacks []lack
	what := "permissions"
	for _, o := range slices.Concat(first, rest) {
		if len(o.lacks) == 0 {
			continue
		}
		if o.row != &byMessage {
			a.Checks, what = append(a.Checks, &o.row.check), o.row.check.Slug
		}
		a.Sentences = append(a.Sentences, detail(s.Role, o, nil))
		lacks = append(lacks, o.lacks...)
	}
	a.Named = len(j.named.Actions) == 0 || slices.ContainsFunc(lacks, func(l lack) bool {
		return slices.ContainsFunc(j.named.Actions, func(action string) bool { return strings.EqualFold(action, l.action) })
	})
	for _, o := range first {
		j.miss(o.missing)
	}
	a.Missing = j.missing
	if len(a.Missing) > 0 {
		a.Hangs = j.hangs()
	}
	if len(lacks) > 0 {
		a.Lacking, a.Evidence = actionsOf(lacks, 3), evidence(j.e, lacks)
		a.Sentences = append(a.Sentences, j.e.Assumed...)
		if len(a.Checks) > 1 {
			what = "permissions"
		}
		a.Fix = fix(s.Role, j.f.ARN, what, lacks)
	}
	return a
}

// hangs are the statements on which the named calls depend whose verdict is unknown.
func (j *naming) hangs() (out []check.Evidence) {
	for _, action := range j.named.Actions {
		v := j.desk(action).ask(action).Verdict
		if v.Decision != policy.Unknown {
			continue
		}
		for _, one := range j.e.Evidence(v.Statements, "It is unknown whether this statement denies "+action+".") {
			if !slices.ContainsFunc(out, func(o check.Evidence) bool { return o.Policy == one.Policy && o.Text == one.Text }) {
				out = append(out, one)
			}
		}
	}
	return out
}
