package catalogue_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// pasted runs a command in a shell where aws only prints its arguments, and gives those of each call. PATH is empty:
// whatever is not aws cannot run, and says so on standard error.
func pasted(t *testing.T, command string) [][]string {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell, "-c", "aws() { printf '%s\\0' \"$@\" '(end)'; }\n"+command)
	cmd.Env = []string{"PATH=", "HOME=/nowhere"}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("the command is no shell, or runs something else: %v: %s\n%s", err, &stderr, command)
	}
	var calls [][]string
	var call []string
	for word := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if word == "(end)" {
			calls, call = append(calls, call), nil
			continue
		}
		call = append(call, word)
	}
	return calls
}

// option is the value of an option in a call, be it the next word or tied to it.
func option(call []string, name string) string {
	for i, w := range call {
		if value, ok := strings.CutPrefix(w, name+"="); ok {
			return value
		}
		if w == name && i+1 < len(call) && !strings.HasPrefix(call[i+1], "-") {
			return call[i+1]
		}
	}
	return ""
}

// notByCommand are the checks whose command alone mends nothing, and why.
var notByCommand = map[string]string{
	"RW114": "the functions have to be given the role that it makes",
	"RW117": "what was refused has to be deployed again",
	"RW220": "Lambda has to try again",
	"RW224": "Lambda has to read the event source again",
}

// TestCommandsMend pastes every command and does to the account what it says: the check is silent then. No word of it is
// anything but what it says, whatever the names are.
func TestCommandsMend(t *testing.T) {
	ran, excepted := map[string]int{}, map[string]int{}
	for _, s := range scenarios(t) {
		for _, d := range check.Run(catalogue.Checks(), s.content.subject(t)).Diagnostics {
			// What other families say of a case is tried in cases of their own.
			if d.Fix.Command == "" || d.Check.ID[:3] != s.id[:3] {
				continue
			}
			t.Run(s.name()+"/"+d.Check.ID, func(t *testing.T) {
				calls := pasted(t, d.Fix.Command)
				mended := s.content.subject(t)
				for _, call := range calls {
					if err := do(mended, call, d); err != nil {
						t.Fatalf("%v: %q", err, call)
					}
				}
				if d.Fix.Document != "" && !slices.ContainsFunc(calls, func(c []string) bool { return slices.Contains(c, d.Fix.Document) }) {
					t.Errorf("the command does not set the document:\n%s\n%s", d.Fix.Command, d.Fix.Document)
				}
				if notByCommand[d.Check.ID] != "" || strings.HasPrefix(d.Check.ID, "RW2") && strings.Contains(d.Fix.Summary, "too.") {
					if option(calls[0], "--policy-document") != "" {
						letsIn(t, mended, d)
					}
					excepted[d.Check.ID]++
					return
				}
				ran[d.Check.ID]++
				again := check.Run(catalogue.Checks(), mended)
				if !d.ByPlace && speaks(again, d.Check.ID, d.Key) || d.ByPlace && speaksOf(again, d.Check.ID, d.Evidence[0]) {
					t.Errorf("%s still speaks after its command:\n%s\n%s", d.Check.ID, d.Fix.Command, render(again))
				}
			})
		}
	}
	for _, id := range []string{"RW101", "RW102", "RW103", "RW104", "RW105", "RW106", "RW107", "RW108", "RW110", "RW111", "RW112", "RW113", "RW115", "RW116", "RW225", "RW301", "RW302", "RW304", "RW318", "RW401", "RW403", "RW406", "RW408", "RW505", "RW506", "RW508"} {
		if ran[id] == 0 {
			t.Errorf("no command of %s was run", id)
		}
	}
	t.Logf("ran %v, and without mending %v", ran, excepted)
}

// speaksOf reports whether a check still speaks of a statement, wherever it stands now.
func speaksOf(r check.Result, id string, e check.Evidence) bool {
	return slices.ContainsFunc(r.Diagnostics, func(d check.Diagnostic) bool {
		return d.Check.ID == id && d.Evidence[0].Policy == e.Policy && d.Evidence[0].Text == e.Text
	})
}

// do does to the account what an AWS CLI call says, and refuses a call that it does not know or that names anything else
// than the case has.
func do(s *check.Subject, call []string, d check.Diagnostic) error {
	r := s.Role
	if name := option(call, "--role-name"); call[0] == "iam" && call[1] != "create-policy-version" && name != r.Ref.Name && d.Check.ID != "RW114" {
		return fmt.Errorf("role %q is not %q", name, r.Ref.Name)
	}
	document := option(call, "--policy-document")
	switch call[0] + " " + call[1] {
	case "iam update-assume-role-policy":
		r.Trust = role.Have(role.NewPolicy("trust", document, policy.Trust))
	case "iam create-role":
		arn := "arn:" + r.Ref.Partition + ":iam::" + r.Ref.Account + ":role" + orSlash(option(call, "--path")) + r.Ref.Name
		r.Identity = role.Have(role.Identity{ARN: arn, ID: "AROANEW", Created: role.Have(s.Now)})
		r.Trust = role.Have(role.NewPolicy("trust", option(call, "--assume-role-policy-document"), policy.Trust))
	case "iam put-role-policy", "iam delete-role-policy":
		return setPolicy(r.Inline, &r.Inline, role.InlinePart(option(call, "--policy-name")), document)
	case "iam create-policy-version":
		return setPolicy(r.Attached, &r.Attached, role.ManagedPart(option(call, "--policy-arn")), document)
	case "iam detach-role-policy":
		arn := option(call, "--policy-arn")
		r.Seen = slices.DeleteFunc(r.Seen, func(p role.Policy) bool { return p.ARN == arn })
		if _, known := r.Attached.Get(); known {
			return setPolicy(r.Attached, &r.Attached, role.ManagedPart(arn), "")
		}
	case "iam attach-role-policy":
		return attachPublished(r, option(call, "--policy-arn"))
	case "iam put-role-permissions-boundary":
		former, _ := s.Before.Parts[role.PartBoundary].Get()
		if arn := option(call, "--permissions-boundary"); former.ARN != arn {
			return fmt.Errorf("%q was not the boundary", arn)
		}
		r.Boundary = role.Have(former)
	case "organizations update-policy":
		return setRCP(r, "rcp:"+option(call, "--policy-id"), option(call, "--content"))
	case "lambda update-function-configuration":
		return configure(s, option(call, "--function-name"), option(call, "--role"))
	case "lambda add-permission":
		return addPermission(s, call)
	case "lambda remove-permission":
		return removePermission(s, option(call, "--function-name"), option(call, "--qualifier"), option(call, "--statement-id"))
	case "lambda update-function-url-config":
		return askForCredentials(s, option(call, "--function-name"), option(call, "--qualifier"), option(call, "--auth-type"))
	case "lambda wait":
	default:
		return fmt.Errorf("unknown call")
	}
	return nil
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// setPolicy puts a policy of a list anew, or takes it away where there is no text.
func setPolicy(list role.Maybe[[]role.Policy], into *role.Maybe[[]role.Policy], part role.Part, text string) error {
	all := slices.Clone(list.Or(nil))
	i := slices.IndexFunc(all, func(p role.Policy) bool { return p.Part == part })
	if i < 0 && text != "" && strings.HasPrefix(part.String(), "inline:rolewatch-") {
		*into = role.Have(append(all, role.NewPolicy(part, text, policy.Identity)))
		return nil
	}
	if i < 0 {
		return fmt.Errorf("the role has no policy %q", part)
	}
	if text == "" {
		*into = role.Have(slices.Delete(all, i, i+1))
		return nil
	}
	arn := all[i].ARN
	all[i] = role.NewPolicy(part, text, policy.Identity)
	all[i].ARN = arn
	*into = role.Have(all)
	return nil
}

func setRCP(r *role.Snapshot, name, text string) error {
	doc, err := policy.Parse([]byte(text), policy.RCP)
	if doc == nil {
		return err // One that breaks the grammar alone was in force before.
	}
	found := false
	for _, level := range r.RCPs.Or(nil) {
		for i := range level {
			if level[i].Name == name {
				level[i].Document, found = doc, true
			}
		}
	}
	if !found {
		return fmt.Errorf("there is no policy %q", name)
	}
	return nil
}

// configure gives a function another role, its versions too: as if they had been published anew. A function with a role
// of another name or account is no user of this one.
func configure(s *check.Subject, arn, roleARN string) error {
	ref, err := role.ParseRef(roleARN)
	if err != nil {
		return err
	}
	found := false
	var left []role.Function
	for _, f := range s.Role.Users.List {
		if f.ARN == arn {
			found = true
			f.Role, f.LastModified = roleARN, role.Have(s.Now.Add(time.Minute))
			// NAME is for the reader to fill in, for a moment.
			if ref.Key() != s.Role.Ref.Key() && ref.Name != "NAME" {
				continue
			}
		}
		left = append(left, f)
	}
	if !found {
		return fmt.Errorf("there is no function %q", arn)
	}
	s.Role.Users.List = left
	return nil
}

// addPermission adds the statement that Lambda makes of a call's options to a function's resource policy.
func addPermission(s *check.Subject, call []string) error {
	arn, conditions := option(call, "--function-name"), []string{}
	if source := option(call, "--source-arn"); source != "" {
		conditions = append(conditions, fmt.Sprintf(`"ArnLike":{"AWS:SourceArn":%q}`, source))
	}
	if account := option(call, "--source-account"); account != "" {
		conditions = append(conditions, fmt.Sprintf(`"StringEquals":{"AWS:SourceAccount":%q}`, account))
	}
	statement := fmt.Sprintf(`{"Sid":%q,"Effect":"Allow","Principal":{"Service":%q},"Action":%q,"Resource":%q,"Condition":{%s}}`,
		option(call, "--statement-id"), option(call, "--principal"), option(call, "--action"), arn, strings.Join(conditions, ","))
	for i := range s.Role.Users.List {
		f := &s.Role.Users.List[i]
		policies := slices.Clone(f.Config.Policies.Or(nil))
		for j, one := range policies {
			if doc, _ := policy.Parse([]byte(one.Text), policy.Resource); doc != nil && f.ARN == arn && one.Qualifier == option(call, "--qualifier") {
				text, err := policy.AppendStatement(doc, statement)
				policies[j].Text, f.Config.Policies = string(text), role.Have(policies)
				return err
			}
		}
	}
	return fmt.Errorf("%s has no policy to add to", arn)
}

// removePermission takes a statement out of a function's resource policy.
func removePermission(s *check.Subject, arn, qualifier, sid string) error {
	found := false
	for i := range s.Role.Users.List {
		f := &s.Role.Users.List[i]
		policies := slices.Clone(f.Config.Policies.Or(nil))
		for j, one := range policies {
			doc, _ := policy.Parse([]byte(one.Text), policy.Resource)
			if f.ARN != arn || one.Qualifier != qualifier || doc == nil {
				continue
			}
			for k := range doc.Statements {
				if doc.Statements[k].Sid != sid {
					continue
				}
				found = true
				if len(doc.Statements) == 1 {
					policies = slices.Delete(policies, j, j+1)
					break
				}
				text, err := policy.RemoveStatement(doc, k)
				if err != nil {
					return err
				}
				policies[j].Text = string(text)
			}
			break
		}
		f.Config.Policies = role.Have(policies)
	}
	if !found {
		return fmt.Errorf("%s has no statement %q under %q", arn, sid, qualifier)
	}
	return nil
}

func askForCredentials(s *check.Subject, arn, qualifier, auth string) error {
	for i := range s.Role.Users.List {
		f := &s.Role.Users.List[i]
		urls := slices.Clone(f.Config.URLs.Or(nil))
		for j := range urls {
			if f.ARN == arn && urls[j].Qualifier == qualifier {
				urls[j].Auth = auth
				f.Config.URLs = role.Have(urls)
				return nil
			}
		}
	}
	return fmt.Errorf("%s has no URL under %q", arn, qualifier)
}
