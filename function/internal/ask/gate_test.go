package ask_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
)

// The universe: principals of three accounts, with what their requests carry.
const (
	guarded  = "arn:aws:iam::111122223333:role/orders"
	partner  = "444455556666"
	other    = "123400001111"
	nobodys  = "999999999999"
	assuming = "sts:AssumeRole"
)

var principalNames = []string{
	"role/ci-1", "role/deploy", "role/team/ci-2", "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0a", "user/ci-1", "user/ann", "user/team/bob", "root",
}

// written is a trust policy as the test writes and reads it.
type written struct {
	Version   string
	Statement []writtenStatement
}

type writtenStatement struct {
	Effect    string
	Principal map[string]string
	Action    string
	Condition map[string]map[string][]string `json:",omitzero"`
}

// carried is a request's keys, in lower case.
type carried map[string]string

// fitsGlob is the slow way to compare a text with a pattern.
func fitsGlob(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	switch pattern[0] {
	case '*':
		return fitsGlob(pattern[1:], text) || text != "" && fitsGlob(pattern, text[1:])
	case '?':
		return text != "" && fitsGlob(pattern[1:], text[1:])
	}
	return text != "" && text[0] == pattern[0] && fitsGlob(pattern[1:], text[1:])
}

func fitsARN(pattern, text string) bool {
	a, b := strings.SplitN(pattern, ":", 6), strings.SplitN(text, ":", 6)
	if len(a) != 6 || len(b) != 6 {
		return false
	}
	for i := range a {
		if !fitsGlob(a[i], b[i]) {
			return false
		}
	}
	return true
}

// meets reads one condition as the IAM User Guide says.
func meets(operator, key string, values []string, r carried) bool {
	have, isThere := r[strings.ToLower(key)]
	if operator == "Null" {
		return (values[0] == "true") != isThere
	}
	base, ifExists := strings.CutSuffix(operator, "IfExists")
	negated := strings.Contains(base, "Not")
	if !isThere {
		return ifExists || negated
	}
	number := func(text string) int { n, _ := strconv.Atoi(text); return n }
	compare := map[string]func(value string) bool{
		"StringEquals": func(v string) bool { return v == have }, "StringLike": func(v string) bool { return fitsGlob(v, have) },
		"ArnLike": func(v string) bool { return fitsARN(v, have) }, "ArnEquals": func(v string) bool { return fitsARN(v, have) },
		"NumericLessThan": func(v string) bool { return number(have) < number(v) }, "NumericEquals": func(v string) bool { return number(have) == number(v) },
	}[strings.Replace(base, "Not", "", 1)]
	return slices.ContainsFunc(values, compare) != negated
}

// allows is the slow interpreter of a trust policy for principals of other accounts, whose own policies allow everything.
func (w written) allows(r carried) bool {
	allowed := false
	for _, s := range w.Statement {
		applies := s.Principal["AWS"] == "*" || s.Principal["AWS"] == "arn:aws:iam::"+r["aws:principalaccount"]+":root" || s.Principal["AWS"] == r["aws:principalarn"]
		for operator, keys := range s.Condition {
			for key, values := range keys {
				applies = applies && meets(operator, key, values, r)
			}
		}
		if applies && s.Effect == "Deny" {
			return false
		}
		allowed = allowed || applies
	}
	return allowed
}

// requests are those that the principals of an account can make.
func requests(account string) (out []carried) {
	for _, name := range principalNames {
		kind, _, _ := strings.Cut(name, "/")
		r := carried{"aws:principalaccount": account, "aws:principalarn": "arn:aws:iam::" + account + ":" + name, "aws:securetransport": "true"}
		r["aws:principaltype"] = map[string]string{"role": "AssumedRole", "user": "User", "root": "Account"}[kind]
		r["aws:userid"] = map[string]string{"role": "AROA0000000000000AAAA:s", "user": "AIDA0000000000000AAAA", "root": account}[kind]
		if kind == "user" {
			r["aws:username"] = name[strings.LastIndexByte(name, '/')+1:]
		}
		for _, session := range []string{"", "alice", "x"} {
			for _, seconds := range []string{"900", "3600", "43200"} {
				one := carried{"sts:durationseconds": seconds}
				for k, v := range r {
					one[k] = v
				}
				if session != "" {
					one["sts:rolesessionname"] = session
				}
				out = append(out, one)
			}
		}
	}
	return out
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// draw makes a trust policy about the universe.
func draw(r *rand.Rand) written {
	w := written{Version: "2012-10-17"}
	for range 1 + r.IntN(3) {
		s := writtenStatement{Effect: pick(r, "Allow", "Allow", "Deny"), Action: assuming, Condition: map[string]map[string][]string{}}
		s.Principal = map[string]string{"AWS": pick(r, "*", "*", "arn:aws:iam::"+partner+":root", "arn:aws:iam::"+partner+":role/ci-1", "arn:aws:iam::"+other+":root")}
		for range r.IntN(4) {
			operator, key, values := drawCondition(r)
			s.Condition[operator] = map[string][]string{key: values}
		}
		w.Statement = append(w.Statement, s)
	}
	return w
}

func drawCondition(r *rand.Rand) (operator, key string, values []string) {
	account := pick(r, partner, other, "*", "1234*", "????0000????")
	var list []string
	switch r.IntN(7) {
	case 0, 1, 2:
		operator, key = pick(r, "ArnLike", "ArnNotLike", "ArnEquals", "ArnLikeIfExists", "StringLike", "StringNotLike"), "aws:PrincipalArn"
		for range 1 + r.IntN(2) {
			list = append(list, "arn:aws:iam::"+account+":"+pick(r, "role/ci-*", "role/*", "*", "user/*", "*/ci-?", "role/team/*", "root", "role/ci-1",
				"role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_*"))
		}
	case 3:
		return pick(r, "StringLike", "StringNotLike", "StringLikeIfExists"), "aws:PrincipalAccount", []string{account}
	case 4:
		if r.IntN(4) == 0 {
			return "Null", pick(r, "aws:username", "sts:RoleSessionName"), []string{pick(r, "true", "false")}
		}
		return pick(r, "StringLike", "StringNotLike", "StringEquals", "StringEqualsIfExists"), "aws:username", []string{pick(r, "ann", "b?b", "*")}
	case 5:
		return pick(r, "StringEquals", "StringNotEquals"), "aws:PrincipalType", []string{pick(r, "User", "AssumedRole", "Account")}
	default:
		if r.IntN(2) == 0 {
			return pick(r, "NumericLessThan", "NumericEquals", "NumericNotEquals"), "sts:DurationSeconds", []string{pick(r, "3601", "900", "3600")}
		}
		return pick(r, "StringLike", "StringNotLike"), "sts:RoleSessionName", []string{pick(r, "alice", "a*")}
	}
	return operator, key, list
}

func gateOf(t testing.TB, w written) (*ask.Gate, string) {
	t.Helper()
	text, err := json.Marshal(w, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := policy.Parse(text, policy.Trust)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	g := ask.NewGate(guarded, policy.Part{Name: "trust", Document: doc}, nil, ask.NewBudget())
	g.Now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return g, string(text)
}

// visit is what everybody may choose in the universe.
func visit() ask.Visit {
	return ask.Visit{Action: assuming, Context: policy.Context{Keys: map[string]policy.ContextValue{"aws:securetransport": ask.Value("true")}}, Chosen: func(key string) bool {
		return key == "sts:rolesessionname" || key == "sts:durationseconds"
	}}
}

// TestGateAgreesWithTrial asks for everybody of an account, and for those whom the policy names one by one, and tries every
// principal of the universe: whoever is allowed there is found, and whoever is found is allowed.
func TestGateAgreesWithTrial(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	found, none, narrow, unknown := 0, 0, 0, 0
	for range 4000 {
		w := draw(r)
		g, text := gateOf(t, w)
		for _, account := range []string{partner, other, nobodys} {
			var allowed []carried
			for _, one := range requests(account) {
				if w.allows(one) {
					allowed = append(allowed, one)
				}
			}
			who := append(g.Everybody(account, assuming, account == nobodys), g.Named("arn:aws:iam::"+partner+":role/ci-1")...)
			if account != partner {
				who = who[:len(who)-1]
			}
			a := g.Ask(who, visit())
			switch {
			case a.Decision == policy.Unknown && len(allowed) == 0:
				unknown++ // Patterns of a user's name and of its ARN that no one name was found for.
			case len(allowed) > 0 && a.Decision != policy.Allowed:
				t.Fatalf("%s: nobody of account %s is found, and it allows %v", text, account, allowed[0])
			case a.Decision == policy.Allowed && !w.allows(plain(a.Request)):
				t.Fatalf("%s: it does not allow %v: %+v", text, plain(a.Request), a.Request)
			}
			if a.Decision == policy.Allowed {
				found++
			} else {
				none++
			}
			if g.Ask([]ask.Visitor{g.Ordinary(account)}, visit()).Decision != a.Decision {
				narrow++
			}
		}
	}
	if found < 1000 || none < 1000 || narrow < 300 || unknown > 50 {
		t.Fatalf("found %d, none %d, of which one ordinary role says otherwise %d, unknown %d: the draw is lopsided", found, none, narrow, unknown)
	}
}

// plain is what a witness carries.
func plain(r policy.Request) carried {
	out := carried{"aws:principalarn": r.Principal, "aws:principalaccount": strings.Split(r.Principal, ":")[4]}
	for key, v := range r.Context.Keys {
		if v.Presence == policy.KeyPresent {
			out[key] = v.Values[0]
		}
	}
	return out
}

// TestGateOfEqualPolicies writes policies in other ways that mean the same: in another order, with each Allow split by its
// conditions' values, and with other names for what is named.
func TestGateOfEqualPolicies(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	held := 0
	for range 1000 {
		w := draw(r)
		g, text := gateOf(t, w)
		turned := w
		turned.Statement = slices.Clone(w.Statement)
		slices.Reverse(turned.Statement)
		_, renamed := gateOf(t, w)
		renamed = strings.NewReplacer("ci-", "zz_", "ann", "eve", "bob", "kim", "b?b", "k?m", "alice", "carol", `"a*"`, `"c*"`).Replace(renamed)
		doc, err := policy.Parse([]byte(renamed), policy.Trust)
		if err != nil {
			t.Fatal(err)
		}
		other, _ := gateOf(t, turned)
		for _, one := range []*ask.Gate{other, ask.NewGate(guarded, policy.Part{Name: "trust", Document: doc}, nil, ask.NewBudget())} {
			for _, account := range []string{partner, nobodys} {
				want := g.Ask(g.Everybody(account, assuming, false), visit()).Decision
				if got := one.Ask(one.Everybody(account, assuming, false), visit()).Decision; got != want {
					t.Fatalf("%s: account %s is %v, and %v when it is written otherwise", text, account, want, got)
				}
				held++
			}
		}
	}
	if held == 0 {
		t.Fatal("nothing was compared")
	}
}

// TestAccounts goes through IDs of a few digits that matter, and wants one account for each way in which they match.
func TestAccounts(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		want     int
	}{
		{nil, 1}, {[]string{"1234*"}, 2}, {[]string{"1234*", "12*"}, 3}, {[]string{"1234*", "*9"}, 4}, {[]string{partner}, 1}, {[]string{partner, "4444*"}, 2},
		{[]string{"999999999999"}, 1}, {[]string{"0*", "1*", "2*", "3*", "4*", "5*", "6*", "7*", "8*", "9*"}, 10},
	} {
		w := written{Version: "2012-10-17", Statement: []writtenStatement{{Effect: "Allow", Principal: map[string]string{"AWS": "*"}, Action: assuming}}}
		if c.patterns != nil {
			w.Statement[0].Condition = map[string]map[string][]string{"StringLike": {"aws:PrincipalAccount": c.patterns}}
		}
		g, text := gateOf(t, w)
		list, complete := g.Accounts(ask.CallerKeys)
		ways := map[string]bool{}
		for _, a := range list {
			way := ""
			for _, pattern := range c.patterns {
				way += fmt.Sprint(fitsGlob(pattern, a.ID), " ")
			}
			if ways[way] = true; len(a.ID) != 12 || a.Fits != strings.Contains(way, "true") || slices.Contains(c.patterns, a.ID) {
				t.Errorf("%s: account %+v", text, a)
			}
		}
		if !complete || len(ways) != c.want || len(list) != c.want {
			t.Errorf("%s: accounts %+v, want %d", text, list, c.want)
		}
	}
}
