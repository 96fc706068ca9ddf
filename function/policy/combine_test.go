package policy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

// combination is a place where kinds of policy meet: a caller and what it asks for.
type combination struct {
	caller, action, resource string
}

var combinations = []combination{
	{"*", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"sns.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"arn:aws:iam::111111111111:root", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"arn:aws:iam::111111111111:root", "sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q"},
	{"arn:aws:iam::111111111111:root", "kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/1"},
	{"arn:aws:iam::111111111111:user/u", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"arn:aws:iam::111111111111:user/u", "sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q"},
	{"arn:aws:iam::111111111111:user/u", "kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/1"},
	{"arn:aws:sts::111111111111:assumed-role/r/s", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"arn:aws:sts::111111111111:assumed-role/r/s", "sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q"},
	{"arn:aws:sts::111111111111:assumed-role/r/s", "kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/1"},
	{"arn:aws:sts::111111111111:assumed-role/r/s", "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111111111111:function:f"},
	{"arn:aws:iam::111111111111:role/aws-service-role/sqs.amazonaws.com/r", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/s", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"arn:aws:sts::111111111111:federated-user/f", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q"},
	{"arn:aws:sts::111111111111:federated-user/f", "sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q"},
}

// says are what a policy may say, by kind. "silent" is a policy that says nothing of the request, "none" is no policy and
// "unread" one that was not read.
var says = map[string][]string{
	"identity": {"silent", "Allow", "Deny", "unread"},
	"resource": {"none", "caller", "role", "account", "Deny", "unread"},
	"boundary": {"none", "silent", "Allow", "Deny"},
	"session":  {"none", "silent", "Allow", "Deny"},
	"endpoint": {"none", "silent", "Allow"},
	"scp":      {"none", "silent", "Allow", "Deny"},
	"rcp":      {"none", "Deny"},
}

// policySaying gives a kind's policy that says so to the caller, or none.
func policySaying(t *testing.T, kind, what, caller string) []Part {
	t.Helper()
	effect, action, principal := "Allow", "*", ""
	switch what {
	case "none":
		return nil
	case "unread":
		return []Part{{Name: kind}}
	case "silent":
		action = "x:Y"
	case "Deny":
		effect, action = what, `sqs:*","kms:*","dynamodb:*`
	}
	switch what {
	case "caller":
		principal = `"Principal":{"AWS":"` + caller + `"},`
		if strings.HasSuffix(caller, ".amazonaws.com") {
			principal = `"Principal":{"Service":"` + caller + `"},`
		}
	case "role":
		name := map[bool]string{true: "user/u", false: "role/r"}[strings.Contains(caller, "user")]
		principal = `"Principal":{"AWS":"arn:aws:iam::111111111111:` + name + `"},`
	case "account":
		principal = `"Principal":{"AWS":"111111111111"},`
	default:
		if kind == "resource" || kind == "rcp" || kind == "endpoint" {
			principal = `"Principal":"*",`
		}
	}
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `",` + principal + `"Action":["` + action + `"],"Resource":"*"}]}`
	d, err := Parse([]byte(text), sketchKinds[kind])
	if err != nil {
		t.Fatalf("%s %s: %v", kind, what, err)
	}
	return []Part{{Name: kind, Document: d}}
}

// put puts a policy where its kind belongs.
func put(set *Set, kind string, parts []Part) {
	if len(parts) == 0 {
		return
	}
	switch kind {
	case "identity":
		set.Identity = parts
	case "resource":
		set.Resource = &parts[0]
	case "boundary":
		set.Boundaries = parts
	case "session":
		set.Session = &parts[0]
	case "endpoint":
		set.Endpoint = parts
	case "scp":
		set.SCPs = [][]Part{parts}
	case "rcp":
		set.RCPs = [][]Part{parts}
	}
}

// fixed is a model that holds one request and cannot change it.
type fixed struct{ q query }

func (m *fixed) applies(cst *comparedStatement) bool {
	return and(m.q.matchAction(cst.statement, cst.compiled), m.q.matchResource(cst.document, cst.statement, cst.compiled)) == True
}

func (m *fixed) Assert(cst *comparedStatement) bool { return m.applies(cst) }
func (m *fixed) Ways(*comparedStatement) int        { return 1 }
func (m *fixed) Save() func()                       { return func() {} }

func (m *fixed) Refutations(cst *comparedStatement) []func() bool {
	return []func() bool{func() bool { return !m.applies(cst) }}
}

func (m *fixed) Judge() func(*comparedStatement, bool) bool {
	return func(cst *comparedStatement, not bool) bool { return m.applies(cst) != not }
}

// truth is what a formula says of the request.
func (m *fixed) truth(f *formula) Truth {
	certain := solve.Search[*comparedStatement]{Model: m, Budget: &language.Budget{Steps: searchSteps}}
	possible := solve.Search[*comparedStatement]{Model: m, Possible: true, Budget: &language.Budget{Steps: searchSteps}}
	if certain.Find(f) {
		return True
	}
	return undecidedIf(possible.Find(f))
}

// settingOf is the setting of a request, as the situations of a comparison have it.
func settingOf(req Request) setting {
	q := newQuery(req)
	owner, _ := splitARN(req.Resource)
	return setting{
		caller: q.caller, service: q.service, action: ascii.Lower(q.action), sameAccount: owner[arnAccount] == q.caller.account,
		explicit: q.service == "kms", underRCPs: q.isUnderRCPs(), needsSession: q.caller.kind == callerFederatedUser,
	}
}

// agreement is a check that the uses of the rules, and the reference, give one answer.
type agreement struct {
	at     combination
	req    Request
	in     setting
	fixed  fixed
	parts  map[string][][]Part
	counts map[Decision]int
}

func newAgreement(t *testing.T, at combination, says map[string][]string) *agreement {
	a := &agreement{at: at, req: Request{Principal: at.caller, Action: at.action, Resource: at.resource}, parts: map[string][][]Part{}, counts: map[Decision]int{}}
	a.in, a.fixed = settingOf(a.req), fixed{newQuery(a.req)}
	for kind := range says {
		for _, what := range says[kind] {
			a.parts[kind] = append(a.parts[kind], policySaying(t, kind, what, at.caller))
		}
	}
	return a
}

// each adds to a set every combination of what some kinds may say.
func (a *agreement) each(t *testing.T, set Set, kinds []string) {
	switch {
	case t.Failed():
	case len(kinds) == 0:
		a.check(t, set)
	default:
		for _, p := range a.parts[kinds[0]] {
			next := set
			put(&next, kinds[0], p)
			a.each(t, next, kinds[1:])
		}
	}
}

func (a *agreement) check(t *testing.T, set Set) {
	got := Evaluate(a.req, set).Decision
	a.counts[got]++
	cs, statements := numberStatements(set, true, nil)
	class := &actionClass{service: a.in.service, action: a.in.action, matched: newBitset(len(statements))}
	for i := range statements {
		class.matched.set(i)
	}
	want := map[Truth][]Decision{True: {Allowed}, Undecided: {Unknown}, False: {ImplicitDeny, ExplicitDeny}}[a.fixed.truth(cs.formula(&a.in, class))]
	if !slices.Contains(want, got) {
		t.Errorf("%v: Evaluate answers %v, the formula %v; not read are %q\n%s", a.at, got, want, set.Unread, inFull(set))
	}
	if want := refDecide(a.req, set); want != got {
		t.Errorf("%v: Evaluate answers %v, the reference %v; not read are %q\n%s", a.at, got, want, set.Unread, inFull(set))
	}
}

// TestCombineEverything takes every combination of what the kinds of policy say to every sort of caller: Evaluate, the
// formula that Compare searches, and the reference give one answer.
func TestCombineEverything(t *testing.T) {
	agree(t, says, []string{""})
}

// TestCombineUnread does the same where the policies of a whole kind were not read.
func TestCombineUnread(t *testing.T) {
	agree(t, map[string][]string{
		"identity": {"silent", "Allow"}, "resource": {"none", "caller", "role", "account"}, "boundary": {"none", "Allow"},
		"session": {"none", "Allow"}, "endpoint": {"none", "Allow"}, "scp": {"none", "Allow"}, "rcp": {"none"},
	}, combine.Names())
}

func agree(t *testing.T, says map[string][]string, unread []string) {
	kinds := slices.Sorted(maps.Keys(says))
	if len(kinds) != int(combine.Kinds) {
		t.Fatalf("there are %d kinds of policy, not %d", combine.Kinds, len(kinds))
	}
	total, counts := 0, map[Decision]int{}
	for _, at := range combinations {
		a := newAgreement(t, at, says)
		for _, kind := range unread {
			set := Set{}
			if kind != "" {
				set.Unread = []string{kind}
			}
			a.each(t, set, kinds)
		}
		for decision, n := range a.counts {
			counts[decision] += n
			total += n
		}
	}
	want := len(combinations) * len(unread)
	for _, kind := range kinds {
		want *= len(says[kind])
	}
	if total != want || counts[Allowed] == 0 || counts[ImplicitDeny] == 0 || counts[Unknown] == 0 {
		t.Errorf("checked %d combinations, want %d: %v", total, want, counts)
	}
	t.Logf("checked %d combinations: %v", total, counts)
}

// inFull is a set for a message.
func inFull(set Set) string {
	var b strings.Builder
	for _, p := range set.Parts() {
		b.WriteString(p.Name + " ")
		if p.Document != nil {
			b.Write(p.Document.Source())
		}
		b.WriteString("\n")
	}
	return b.String()
}
