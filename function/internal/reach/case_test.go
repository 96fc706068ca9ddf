package reach_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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

func (c roleCase) snapshot(account, kind string, scps, rcps role.Maybe[[][]policy.Part]) *role.Snapshot {
	arn := cmp.Or(c.ARN, "arn:aws:iam::"+account+":"+kind+cmp.Or(c.Path, "/")+c.Name)
	boundary := ""
	if c.Boundary != nil {
		boundary = statements(c.Boundary)
	}
	s := newRole(c.Name, cmp.Or(c.RawTrust, statements(c.Trust)), statements(c.Policy), boundary, c.Tags)
	s.Ref.Account, s.Ref.ARN, s.SCPs, s.RCPs = account, arn, scps, rcps
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

// others is what a case says of other accounts: those that are read have files of their own, in a folder that is named by their ID.
type others struct {
	Organization string
	Names        map[string]string
	Unknown      map[string]string
	Listed       map[string]time.Time
}

// listing reads a case.
func listing(t *testing.T, a *txtar.Archive) reach.Listing {
	t.Helper()
	l := listingOf(t, a, account, "")
	at := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "others.json" })
	if at < 0 {
		return l
	}
	var of others
	if err := json.Unmarshal(a.Files[at].Data, &of); err != nil {
		t.Fatal(err)
	}
	l.Others = &reach.Others{Organization: of.Organization, Known: map[string]bool{}, Unknown: map[string]role.Gap{}}
	for id, why := range of.Unknown {
		l.Others.Unknown[id] = role.Gap{What: why}
	}
	for _, id := range slices.Sorted(maps.Keys(of.Names)) {
		s := (&danger.Graphs{Parameters: check.Parameters{Organization: of.Organization}}).Survey(listingOf(t, a, id, id+"/"), now)
		s.Part.Name = of.Names[id]
		s.Part.Listed = of.Listed[id]
		if len(s.Part.Roles) == 0 {
			l.Others.Known[id] = true
			continue
		}
		l.Others.Parts = append(l.Others.Parts, s.Part)
	}
	return l
}

// listingOf reads one account of a case.
func listingOf(t *testing.T, a *txtar.Archive, account, folder string) reach.Listing {
	t.Helper()
	var roles, users []roleCase
	functions := map[string]string{}
	scps, rcps := role.None[[][]policy.Part](), role.None[[][]policy.Part]()
	for _, f := range a.Files {
		name, ok := strings.CutPrefix(f.Name, folder)
		if !ok || strings.Contains(name, "/") {
			continue
		}
		var err error
		switch name {
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
		case "rcp.json":
			doc, failed := policy.Parse([]byte(statements(f.Data)), policy.RCP)
			err = failed
			rcps = role.Have([][]policy.Part{{{Name: "rcp:p-1", Document: doc}}})
		case "others.json", "want":
		default:
			err = fmt.Errorf("section %s is not known", f.Name)
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	var l reach.Listing
	for _, c := range roles {
		l.Roles = append(l.Roles, c.snapshot(account, "role", scps, rcps))
	}
	for _, c := range users {
		n := reach.Node{Snapshot: c.snapshot(account, "user", scps, rcps), IsUser: true}
		for _, group := range c.Groups {
			n.Groups = append(n.Groups, "arn:aws:iam::"+account+":group/"+group)
		}
		l.Users = append(l.Users, n)
	}
	for name, runsAs := range functions {
		region, name := inRegion(name)
		l.Functions = append(l.Functions, reach.Function{
			ARN: "arn:aws:lambda:" + region + ":" + account + ":function:" + name, Role: "arn:aws:iam::" + account + ":role/" + runsAs, Tags: role.Have(map[string]string(nil)),
		})
	}
	return l
}

// inRegion is where a function is: in its Region, a colon and its name, the Region may be left out.
func inRegion(text string) (region, name string) {
	if region, name, ok := strings.Cut(text, ":"); ok {
		return region, name
	}
	return "us-east-1", text
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
			l, p := listing(t, a), check.Parameters{}
			if l.Others != nil {
				p.Organization = l.Others.Organization
			}
			got := told(danger.NewGraph(l, now, p))
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
