package needs

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// report reports what the check's row found: once for each function, for all of its versions that are affected.
func report(p *check.Pass) {
	var undecided []outcome
	all := judged(p.Subject)
	for _, o := range all.outcomes {
		switch {
		case o.row.check.ID != p.Check().ID:
		case len(o.lacks) > 0:
			p.Report(diagnostic(p, o))
		case len(o.missing) > 0:
			undecided = append(undecided, o)
		}
	}
	undecide(p, undecided, all.functions)
}

// undecide reports what is missing: once, if it is the same for every function.
func undecide(p *check.Pass, undecided []outcome, functions int) {
	same := len(undecided) == functions && !slices.ContainsFunc(undecided, func(o outcome) bool {
		return !role.SameGaps(o.missing, undecided[0].missing)
	})
	for _, o := range undecided {
		if same {
			p.Undecided("", o.missing...)
			return
		}
		p.Undecided(o.function, o.missing...)
	}
}

func diagnostic(p *check.Pass, o outcome) check.Diagnostic {
	e := effective.Of(p.Subject)
	name := aws.FunctionNameOf(o.function)
	d := check.Diagnostic{
		Key: o.function, Functions: o.versions,
		Title:    "The role of " + name + " is not allowed to call " + actionsOf(o.lacks, 3),
		Detail:   detail(p.Role, o, e.Assumed),
		Evidence: evidence(e, o.lacks),
		Parts:    []role.Part{role.FunctionPart(o.function)},
		Fix:      fix(p.Role, o.function, o.row.check.Slug, o.lacks),
	}
	if o.soft() {
		d.Severity = min(check.Medium, o.row.check.Severity)
	}
	return d
}

// actionsOf names the actions that lack, the first few of them.
func actionsOf(lacks []lack, most int) string {
	var names []string
	for _, l := range lacks {
		for _, action := range l.alternatives() {
			if !slices.Contains(names, action) {
				names = append(names, action)
			}
		}
	}
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and other actions"
	}
	return words.List(names)
}

// alternatives are the actions of which one is enough.
func (l lack) alternatives() []string {
	if l.need.any {
		return []string{"(" + strings.Join(l.need.actions, " or ") + ")"}
	}
	return []string{l.action}
}

// detail says what the function needs, and which policies do not allow it.
func detail(r *role.Snapshot, o outcome, assumed []string) string {
	needs := "the role " + r.Ref.Name + " needs permissions that it does not have."
	if name := aws.FunctionNameOf(o.function); name != "" {
		needs = name + " needs permissions that its role " + r.Ref.Name + " does not have."
	}
	sentences := []string{words.Upper(o.row.what) + ", " + needs}
	for _, group := range byBlocker(o.lacks) {
		sentences = append(sentences, blocked(group))
	}
	if s := otherPolicies(r, o); s != "" {
		sentences = append(sentences, s)
	}
	if slices.ContainsFunc(o.lacks, func(l lack) bool { return l.today }) {
		sentences = append(sentences, "Lambda puts the current date into the name of the resource, and the policies do not allow the current date.")
	}
	if o.soft() {
		sentences = append(sentences, "The AWS documentation requires this, but Lambda accepts the configuration without it.")
	}
	if o.row.note != "" {
		sentences = append(sentences, o.row.note)
	}
	return strings.Join(append(sentences, assumed...), " ")
}

// byBlocker groups what lacks by its resource and by what blocks it.
func byBlocker(lacks []lack) [][]lack {
	var out [][]lack
	type group struct{ target, by string }
	place := map[group]int{}
	for _, l := range lacks {
		of := group{l.need.target(), blocker(l, "")}
		i, ok := place[of]
		if !ok {
			i, place[of] = len(out), len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], l)
	}
	return out
}

// limits are what else than the role's own policies did not allow, as a sentence names it.
var limits = map[string]string{
	"boundary": "its permissions boundary", "session": "its session policy", "resource": "the policy of the resource",
	"scp": "a service control policy of the organization", "rcp": "a resource control policy of the organization",
}

// blocker says which policies do not allow, or deny, what the role needs ("sqs:SendMessage on ARN").
func blocker(l lack, what string) string {
	if l.verdict.Decision == policy.ExplicitDeny {
		var where []string
		for _, s := range effective.Distinct(l.verdict.Statements) {
			where = append(where, role.Part(s.Policy).InWords())
		}
		where = slices.Compact(where)
		return words.Upper(words.List(where)) + words.Either(len(where), " denies ", " deny ") + what + "."
	}
	if len(l.trap) > 0 {
		return "A statement allows " + what + ", but only with a condition that the call never meets."
	}
	var others []string
	for _, kind := range l.verdict.BlockedBy {
		if kind != "identity" {
			others = append(others, cmp.Or(limits[kind], kind))
		}
	}
	switch {
	case len(others) == 0:
		return "No policy of the role allows " + what + "."
	case len(others) == len(l.verdict.BlockedBy):
		return "The role's own policies allow " + what + ", but " + words.List(others) + words.Either(len(others), " does not.", " do not.")
	}
	return "Neither a policy of the role nor " + words.List(others) + " allows " + what + "."
}

func blocked(group []lack) string {
	return blocker(group[0], actionsOf(group, 12)+" on "+group[0].need.target())
}

// evidence are the statements that deny, and those that would allow if their condition could be met.
func evidence(e *effective.Permissions, lacks []lack) []check.Evidence {
	var out []check.Evidence
	seen := map[string]bool{}
	for _, l := range lacks {
		statements, why := l.trap, "It allows "+l.action+" only with lambda:SourceFunctionArn, which Lambda never sends with this call."
		if l.verdict.Decision == policy.ExplicitDeny {
			statements, why = l.verdict.Statements, "It denies "+l.action+"."
		}
		for _, one := range e.Evidence(statements, why) {
			if at := one.Policy + "\x00" + one.Text; !seen[at] {
				seen[at] = true
				out = append(out, one)
			}
		}
	}
	return out
}

// grants reports whether more permissions would help, rather than fewer denies.
func grants(l lack) bool {
	return l.verdict.Decision != policy.ExplicitDeny && (len(l.verdict.BlockedBy) == 0 || slices.Contains(l.verdict.BlockedBy, "identity"))
}

// fix is the smallest statement that grants what nothing allows, or says what else denies it.
func fix(r *role.Snapshot, function, what string, lacks []lack) check.Fix {
	var wanted []lack
	stopped := map[string]bool{}
	for _, l := range lacks {
		if grants(l) {
			wanted = append(wanted, l)
		}
		for _, kind := range l.verdict.BlockedBy {
			if kind != "identity" && l.verdict.Decision != policy.ExplicitDeny {
				stopped[kind] = true
			}
		}
	}
	var others []string
	for _, l := range lacks {
		if l.verdict.Decision == policy.ExplicitDeny {
			others = append(others, "Remove the actions from the statements that deny them, or exempt the role from these statements.")
			break
		}
	}
	for kind, sentence := range map[string]string{
		"boundary": "Allow the actions in the permissions boundary too.", "scp": "Allow the actions in the service control policies of every level too.",
		"rcp": "Allow the actions in the resource control policies of every level too.",
	} {
		if stopped[kind] {
			others = append(others, sentence)
		}
	}
	slices.Sort(others)
	if len(wanted) == 0 {
		return check.Fix{Summary: strings.Join(others, " ")}
	}
	document := statement(wanted)
	return check.Fix{
		Summary:  strings.Join(append([]string{"Add an inline policy that allows only the missing actions."}, others...), " "),
		Document: document,
		Command: rewrite.Command("iam put-role-policy", "--role-name", r.Ref.Name, "--policy-name", policyName(r, what, aws.FunctionNameOf(function)),
			"--policy-document", document),
	}
}

type grant struct {
	Effect   string
	Action   []string
	Resource string
}

// statement is the policy that grants what lacks: a statement for each resource.
func statement(lacks []lack) string {
	var list []grant
	for _, l := range lacks {
		target := l.need.target()
		i := slices.IndexFunc(list, func(g grant) bool { return g.Resource == target })
		if i < 0 {
			i = len(list)
			list = append(list, grant{Effect: "Allow", Resource: target})
		}
		if !slices.Contains(list[i].Action, l.action) {
			list[i].Action = append(list[i].Action, l.action)
		}
	}
	text, err := json.Marshal(struct {
		Version   string
		Statement []grant
	}{"2012-10-17", list})
	if err != nil {
		return "" // Plain texts marshal unless they are not Unicode: then there is nothing to paste.
	}
	return string(text)
}

// inPolicyName has the characters that IAM does not accept in a policy's name: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
var inPolicyName = regexp.MustCompile(`[^\w+=,.@-]`)

// policyName is a name that no inline policy of the role has: what is there must not be lost by pasting a fix.
func policyName(r *role.Snapshot, what, function string) string {
	const longest = 120
	name := strings.TrimSuffix("rolewatch-"+what+"-"+inPolicyName.ReplaceAllString(function, ""), "-")
	name = name[:min(len(name), longest)]
	taken := func(name string) bool {
		return slices.ContainsFunc(slices.Concat(r.Inline.Or(nil), r.Seen), func(p role.Policy) bool { return p.Part == role.InlinePart(name) })
	}
	out := name
	for n := 2; taken(out); n++ {
		out = name + "-" + strconv.Itoa(n)
	}
	return out
}
