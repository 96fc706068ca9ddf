package policy

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var updateScenarios = flag.Bool("update-evaluate", false, "rewrite the reasons in testdata/evaluate")

// callers are the principals that scenarios call by a short name.
var callers = map[string]string{
	"user":       "arn:aws:iam::111111111111:user/team/ann",
	"role":       "arn:aws:iam::111111111111:role/app/worker",
	"session":    "arn:aws:sts::111111111111:assumed-role/worker/run-1",
	"federated":  "arn:aws:sts::111111111111:federated-user/guest",
	"root":       "arn:aws:iam::111111111111:root",
	"account":    "111111111111",
	"stranger":   "arn:aws:iam::999999999999:user/eve",
	"lambda":     "lambda.amazonaws.com",
	"anonymous":  "*",
	"github":     "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com",
	"okta":       "arn:aws:iam::111111111111:saml-provider/okta",
	"cloudfront": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
	"slr":        "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",

	"slr-session": "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/run-2",
}

var decisions = map[Decision]string{
	ImplicitDeny: "implicitDeny", ExplicitDeny: "explicitDeny", Allowed: "allowed", Unknown: "unknown",
}

var (
	ruleNumber   = regexp.MustCompile(`^(\d+): `)
	scenarioKind = regexp.MustCompile(`^(identity|resource|trust|boundary|session|endpoint|scp|rcp)(?:/(\d+))?$`)
)

// TestEvaluateScenarios runs testdata/evaluate. A file is a story: sections named after a kind of policy (an SCP's and
// an RCP's level after a slash) add a document, or a bare statement, or the word "unread"; "case" starts anew; "ask" holds
// questions, the expected decision first, and under each the reasons that the verdict gives.
func TestEvaluateScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "evaluate", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find scenarios: %d files, %v", len(files), err)
	}
	asked := 0
	pinned := map[int]bool{} // by the number that a case's title begins with
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			asked += runScenario(t, archive, pinned)
			if *updateScenarios && !t.Failed() {
				if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	checkPinned(t, pinned, notPinnedByEvaluate, notGrammar)
	if asked == 0 {
		t.Fatal("no question was asked")
	}
	t.Logf("asked %d questions in %d files", asked, len(files))
}

func runScenario(t *testing.T, archive *txtar.Archive, pinned map[int]bool) (asked int) {
	t.Helper()
	var set Set
	title := ""
	for i := range archive.Files {
		f := &archive.Files[i]
		if f.Name == "ask" {
			got, n := answer(t, title, string(f.Data), set)
			asked += n
			if m := ruleNumber.FindStringSubmatch(title); m != nil && n > 0 {
				rule, _ := strconv.Atoi(m[1])
				pinned[rule] = true
			}
			if *updateScenarios {
				f.Data = []byte(got)
			} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
				t.Errorf("%s: reasons (-want +got):\n%s", title, diff)
			}
			continue
		}
		if rest, ok := strings.CutPrefix(f.Name, "case "); ok {
			set, title = Set{}, rest
			continue
		}
		m := scenarioKind.FindStringSubmatch(f.Name)
		if m == nil {
			t.Fatalf("unknown section %q", f.Name)
		}
		level, _ := strconv.Atoi(m[2])
		addPolicy(t, &set, m[1], level, f.Data)
	}
	if asked == 0 {
		t.Error("the file asks nothing")
	}
	return asked
}

func addPolicy(t *testing.T, set *Set, kind string, level int, text []byte) {
	t.Helper()
	text = bytes.TrimSpace(text)
	if string(text) == "unread" {
		set.Unread = append(set.Unread, strings.Replace(kind, "trust", "resource", 1))
		return
	}
	kinds := map[string]Kind{
		"identity": Identity, "resource": Resource, "trust": Trust, "boundary": Boundary, "session": Session,
		"endpoint": Resource, "scp": SCP, "rcp": RCP,
	}
	part := Part{Name: kind}
	switch {
	case string(text) == "missing":
		part.Name = kind + ":missing"
	case string(text) != "none":
		part.Document = parseFor(t, string(text), kinds[kind])
	}
	switch kind {
	case "identity":
		set.Identity = append(set.Identity, part)
	case "resource", "trust":
		set.Resource = &part
	case "boundary":
		set.Boundaries = append(set.Boundaries, part)
	case "session":
		set.Session = &part
	case "endpoint":
		set.Endpoint = append(set.Endpoint, part)
	case "scp":
		set.SCPs = addLevel(set.SCPs, level, part, string(text) != "none")
	case "rcp":
		set.RCPs = addLevel(set.RCPs, level, part, string(text) != "none")
	}
}

func addLevel(levels [][]Part, level int, part Part, add bool) [][]Part {
	for len(levels) <= level {
		levels = append(levels, nil)
	}
	if add {
		part.Name += ":" + strconv.Itoa(level)
		levels[level] = append(levels[level], part)
	}
	return levels
}

// parseFor parses a document, or a statement or list of statements without one, whatever its faults.
func parseFor(t testing.TB, text string, kind Kind) *Document {
	t.Helper()
	if !strings.Contains(text, `"Statement"`) {
		text = `{"Version":"2012-10-17","Statement":` + text + `}`
	}
	d, err := Parse([]byte(text), kind)
	if d == nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return d
}

// answer asks each question of a section, and gives the section back with the reasons as they are.
func answer(t *testing.T, title, section string, set Set) (string, int) {
	t.Helper()
	var out strings.Builder
	asked := 0
	for line := range strings.Lines(section) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "\t") || line == "" {
			continue
		}
		want, question, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("%s: not a question: %q", title, line)
		}
		verdict := Evaluate(readRequest(t, question), set)
		asked++
		if got := decisions[verdict.Decision]; got != want {
			t.Errorf("%s: %s\nis %s, want %s; %s", title, question, got, want, reasons(verdict))
		}
		fmt.Fprintf(&out, "%s\n", line)
		if why := reasons(verdict); why != "" {
			fmt.Fprintf(&out, "\t%s\n", why)
		}
	}
	return out.String(), asked
}

// readRequest reads "caller action resource key=value key? other=a,b": a question mark is an unknown key, a lone equals sign
// an empty one, "by=user" who called GetFederationToken, a tilde one of several values, a circumflex how one begins, and
// "rest?" makes all else unknown.
func readRequest(t testing.TB, question string) Request {
	t.Helper()
	fields := strings.Fields(question)
	if len(fields) < 3 {
		t.Fatalf("a request has a caller, an action and a resource: %q", question)
	}
	req := Request{Principal: fields[0], Action: fields[1], Resource: fields[2]}
	if known, ok := callers[fields[0]]; ok {
		req.Principal = known
	}
	req.Context.Keys = map[string]ContextValue{}
	for _, field := range fields[3:] {
		if owner, ok := strings.CutPrefix(field, "owner="); ok {
			req.ResourceAccount = owner
			continue
		}
		if by, ok := strings.CutPrefix(field, "by="); ok {
			if req.FederatedBy = by; callers[by] != "" {
				req.FederatedBy = callers[by]
			}
			continue
		}
		if field == "rest?" {
			req.Context.RestUnknown = true
			continue
		}
		if key, ok := strings.CutSuffix(field, "?"); ok {
			req.Context.Keys[strings.ToLower(key)] = ContextValue{Presence: KeyUnknown}
			continue
		}
		at := strings.IndexAny(field, "=~^")
		if at < 0 {
			t.Fatalf("not a context key: %q", field)
		}
		value := ContextValue{Presence: map[byte]Presence{'=': KeyPresent, '~': KeyOneOf, '^': KeyPrefixed}[field[at]]}
		if field[at+1:] != "" {
			value.Values = strings.Split(field[at+1:], ",")
		}
		req.Context.Keys[strings.ToLower(field[:at])] = value
	}
	return req
}

// reasons renders all of a verdict but its decision.
func reasons(v Verdict) string {
	var out []string
	for _, s := range v.Statements {
		out = append(out, fmt.Sprintf("%s[%d]", s.Policy, s.Statement.Index))
	}
	if len(v.BlockedBy) > 0 {
		out = append(out, "blocked by "+strings.Join(v.BlockedBy, ", "))
	}
	if len(v.UnknownKeys) > 0 {
		out = append(out, "unknown "+strings.Join(v.UnknownKeys, ", "))
	}
	if len(v.Unread) > 0 {
		unread := slices.Clone(v.Unread)
		out = append(out, "unread "+strings.Join(unread, ", "))
	}
	return strings.Join(out, "; ")
}
