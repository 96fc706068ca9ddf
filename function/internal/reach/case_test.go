package reach_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

var update = flag.Bool("update", false, "write what the graph says into the cases")

// roleCase is a role or a user of a case. Its policies are lists of statements.
type roleCase struct {
	Name, Path              string
	ARN                     string
	Trust, Policy, Boundary json.RawMessage
	Tags                    map[string]string
	// RawTrust is the text of a trust policy as it is, and Unread says why the policies are not known.
	RawTrust, Unread string
	// Attached are managed policies by their ARNs, and Groups the names of a user's groups.
	Attached map[string]json.RawMessage
	Groups   []string
}

func statements(list json.RawMessage) string {
	return `{"Version":"2012-10-17","Statement":` + cmp.Or(string(list), "[]") + `}`
}

func (c roleCase) snapshot(kind string, scps role.Maybe[[][]policy.Part]) *role.Snapshot {
	arn := cmp.Or(c.ARN, "arn:aws:iam::"+account+":"+kind+cmp.Or(c.Path, "/")+c.Name)
	boundary := ""
	if c.Boundary != nil {
		boundary = statements(c.Boundary)
	}
	s := newRole(c.Name, cmp.Or(c.RawTrust, statements(c.Trust)), statements(c.Policy), boundary, c.Tags)
	s.Ref.ARN, s.SCPs = arn, scps
	s.Identity = role.Have(role.Identity{ARN: arn, ID: "AROA" + c.Name, Created: role.Have(now)})
	var attached []role.Policy
	for arn, list := range c.Attached {
		p := role.NewPolicy(role.ManagedPart(arn), statements(list), policy.Identity)
		p.ARN = arn
		attached = append(attached, p)
	}
	slices.SortFunc(attached, func(a, b role.Policy) int { return strings.Compare(a.ARN, b.ARN) })
	s.Attached = role.Have(attached)
	if c.Unread != "" {
		s.Inline = role.NotRead[[]role.Policy](role.Because(c.Unread))
	}
	return s
}

// listing reads a case.
func listing(t *testing.T, a *txtar.Archive) reach.Listing {
	t.Helper()
	var roles, users []roleCase
	functions := map[string]string{}
	scps := role.None[[][]policy.Part]()
	for _, f := range a.Files {
		var err error
		switch f.Name {
		case "roles.json":
			err = json.Unmarshal(f.Data, &roles)
		case "users.json":
			err = json.Unmarshal(f.Data, &users)
		case "functions.json":
			err = json.Unmarshal(f.Data, &functions)
		case "scp.json":
			doc, failed := policy.Parse([]byte(statements(f.Data)), policy.SCP)
			err = failed
			scps = role.Have([][]policy.Part{{{Name: "scp:p-1", Document: doc}}})
		case "want":
		default:
			err = fmt.Errorf("section %s is not known", f.Name)
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	var l reach.Listing
	for _, c := range roles {
		l.Roles = append(l.Roles, c.snapshot("role", scps))
	}
	for _, c := range users {
		n := reach.Node{Snapshot: c.snapshot("user", scps), IsUser: true}
		for _, group := range c.Groups {
			n.Groups = append(n.Groups, "arn:aws:iam::"+account+":group/"+group)
		}
		l.Users = append(l.Users, n)
	}
	for name, runsAs := range functions {
		l.Functions = append(l.Functions, reach.Function{ARN: functionARN(name), Role: roleARN(runsAs), Tags: role.Have(map[string]string(nil))})
	}
	return l
}

// told is what the graph says of each role and user that can become another one, or may.
func told(g *reach.Graph) string {
	var out strings.Builder
	for _, n := range g.Nodes {
		v := g.Of(n.ARN())
		for _, p := range v.Paths {
			fmt.Fprintf(&out, "%s: %s\n", p.Standing.Power, g.Line(p.Hops))
			for _, o := range p.Others {
				fmt.Fprintf(&out, "\talso %s: %s\n", o.Standing.Power, g.EndName(&o))
			}
		}
		for _, e := range v.Open {
			fmt.Fprintf(&out, "not certain, %s: %s\n", e.Standing.Power, g.Line(e.Hops))
			gaps := slices.Clone(e.Standing.DependsOn)
			for _, h := range e.Hops {
				gaps = append(gaps, h.Edge.DependsOn...)
			}
			for _, gap := range role.DistinctGaps(gaps) {
				fmt.Fprintf(&out, "\tdepends on: %s\n", gap.What)
			}
		}
	}
	return cmp.Or(out.String(), "nothing\n")
}

// TestCases holds what the graph says of small accounts. Each case begins with a sentence.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(strings.TrimSpace(string(a.Comment))) == 0 {
				t.Error("the case does not begin with a sentence")
			}
			got := told(danger.NewGraph(listing(t, a), now, check.Parameters{}))
			at := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			switch {
			case *update && at < 0:
				a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
			case *update:
				a.Files[at].Data = []byte(got)
			case at < 0 || string(a.Files[at].Data) != got:
				t.Errorf("the graph says\n%s", got)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
