package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// attached are the findings of roles that a policy makes administrators, and the record that did it.
func attached(from, n int) ([]finding.Finding, finding.Change) {
	at := time.Date(2026, 3, 2, 10, 15, 0, 0, time.UTC)
	change := finding.Change{
		EventID: "f93d4f89", EventName: "CreatePolicyVersion", EventSource: "iam.amazonaws.com", Time: at, Region: "us-east-1",
		Actor: finding.Actor{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/sam", Name: "sam"}, Via: "cli",
	}
	var list []finding.Finding
	for i := range n {
		name := fmt.Sprintf("role-%04d", from+i)
		list = append(list, finding.Finding{
			ID: "RW301-" + name, Check: "RW301", Slug: "admin", Severity: check.Critical, Status: finding.Open, Role: "arn:aws:iam::111122223333:role/" + name,
			FunctionsTotal: 2, Title: name + " may do everything", CheckTitle: "The role is an administrator",
			Detail: "Whoever controls a function of " + name + " owns the account.", Fix: check.Fix{Summary: "Set the version before as the default."},
			Evidence: []check.Evidence{{Policy: "arn:aws:iam::111122223333:policy/shared", Text: strings.Repeat("x", 5000)}},
			Cause:    &finding.Cause{EventID: change.EventID, Certainty: finding.Certain}, Origin: finding.FromChange, FirstSeen: at, LastSeen: at,
		})
	}
	return list, change
}

func changeMessage(t *testing.T, complete bool, groups int) Message {
	t.Helper()
	var folds []Fold
	var record finding.Change
	for n := range groups {
		list, change := attached(50*n, 50)
		folds, record = Merge(folds, Digested(list, nil, nil)), change
	}
	m := BuildChange(ChangeInput{
		ID: "change-1", Time: record.Time, Account: "111122223333", Changes: []finding.Change{record}, Thread: "change-1", Channels: []Channel{Chat},
		Change: Change{ID: "c1", Complete: complete, Counted: groups, Slices: 6, Roles: 300, Folds: folds, Again: complete && groups < 6},
	})
	checkRendered(t, Render(m, Options{Channels: []Channel{Chat}}))
	return m
}

func TestAChangeToManyRolesIsOneMessage(t *testing.T) {
	m := changeMessage(t, true, 6)
	r := Render(m, Options{Channels: []Channel{Chat}})
	if want := "The role is an administrator (300 roles, 600 functions), changed by sam"; m.Summary != want {
		t.Errorf("summary %q, want %q", m.Summary, want)
	}
	if want := "[rolewatch] CRITICAL in 111122223333: The role is an administrator (300 roles), by sam"; r.Subject != want {
		t.Errorf("subject %q, want %q", r.Subject, want)
	}
	for name, text := range map[string]string{"e-mail": r.Email, "chat": strings.Join(r.Channels[Chat.Name], "\n")} {
		for _, want := range []string{"role-0000", "role-0009", "and 290 more", "CreatePolicyVersion", "Set the version before as the default."} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q:\n%s", name, want, text)
			}
		}
		if strings.Contains(text, "role-0010") || len(text) > 6000 {
			t.Errorf("%s names more than ten roles, or has %d bytes:\n%s", name, len(text), text)
		}
	}
	if len(r.Channels[Chat.Name]) != 1 || len(m.Opened) != 0 || m.ChangeID != "c1" {
		t.Errorf("%d notifications, %d findings, change %s", len(r.Channels[Chat.Name]), len(m.Opened), m.ChangeID)
	}
}

func TestAChangeThatIsNotWhollyCountedSaysSo(t *testing.T) {
	m := changeMessage(t, false, 2)
	r := Render(m, Options{Channels: []Channel{Chat}})
	if want := "Incomplete: The role is an administrator (100 roles, 200 functions), changed by sam"; m.Summary != want {
		t.Errorf("summary %q, want %q", m.Summary, want)
	}
	for name, text := range map[string]string{"e-mail": strings.Join(strings.Fields(r.Email), " "), "chat": strings.Join(r.Channels[Chat.Name], "\n")} {
		if want := "rolewatch has evaluated 2 of 6 groups of 50 roles, so there can be more findings."; !strings.Contains(text, want) {
			t.Errorf("%s has no %q:\n%s", name, want, text)
		}
	}
}

// The first line names the policy and the actor, however long the title is, and says of each role's own fix whose it is.
func TestTheFirstLineNamesThePolicy(t *testing.T) {
	list, record := attached(0, 50)
	for i := range list {
		list[i].Cause = &finding.Cause{EventID: record.EventID, Certainty: finding.Certain, Part: "arn:aws:iam::111122223333:policy/team/shared"}
		list[i].CheckTitle = strings.Repeat("The role is an administrator ", 5)
	}
	for _, own := range []bool{false, true} {
		if own {
			list[7].Fix.Summary = "Detach it."
		}
		folds := Merge(Digested(list[:25], nil, nil), Digested(list[25:], nil, nil))
		m := BuildChange(ChangeInput{
			ID: "change-1", Time: record.Time, Account: "111122223333", Changes: []finding.Change{record}, Channels: []Channel{Chat},
			Change: Change{ID: "c1", Complete: true, Counted: 2, Slices: 2, Roles: 50, Folds: folds},
		})
		r := Render(m, Options{Channels: []Channel{Chat}})
		checkRendered(t, r)
		email, _, _ := strings.Cut(r.Email, "\n\n")
		for form, text := range map[string]string{"subject": r.Subject, "SMS": r.SMS, "e-mail": strings.Join(strings.Fields(email), " "), "chat": r.Channels[Chat.Name][0]} {
			if !strings.Contains(text, "(50 roles, policy shared") || !strings.Contains(text, "), changed by sam") && !strings.Contains(text, "), by sam") {
				t.Errorf("the first line of the %s: %q", form, text)
			}
		}
		for form, text := range map[string]string{"e-mail": r.Email, "chat": r.Channels[Chat.Name][0]} {
			if strings.Contains(text, "For role-0000: Set the version before") != own {
				t.Errorf("each role has its own fix: %v, and the %s:\n%s", own, form, text)
			}
		}
	}
}

// Merging in another order counts the same.
func TestMergingCountsEachGroupOnce(t *testing.T) {
	one, _ := attached(0, 50)
	two, _ := attached(50, 20)
	two[3].Severity, two[3].Check = check.High, "RW310"
	two[4].Cause = nil
	a, b := Digested(one, nil, two[:1]), Digested(two[1:], nil, nil)
	for _, folds := range [][]Fold{Merge(a, b), Merge(b, a), Merge(Merge(nil, a), b)} {
		if len(folds) != 3 || folds[0].Check != "RW301" || folds[0].Roles != 68 || folds[0].Functions != 136 || folds[0].Findings != 68 || len(folds[0].Names) != 10 {
			t.Fatalf("folds %+v", folds)
		}
		if folds[0].Cause != "" || folds[1].Check != "RW310" || folds[2].Kind != finding.KindResolved || folds[2].Cause != "f93d4f89" {
			t.Errorf("folds %+v", folds)
		}
	}
}

// What a group came to counts whole, however many checks it is of; the message names 30 of them and says how many findings it leaves out.
func TestAChangeOfManyChecks(t *testing.T) {
	var opened []finding.Finding
	for i := range maxFolds + 20 {
		list, _ := attached(0, 2)
		for j := range list {
			list[j].Check, list[j].Evidence = fmt.Sprintf("RW%03d", 100+i), nil
			opened = append(opened, list[j])
		}
	}
	folds := Merge(Digested(opened, nil, nil), Digested(opened, nil, nil))
	m := BuildChange(ChangeInput{ID: "c-1", Account: "111122223333", Change: Change{ID: "c", Complete: true, Folds: folds}})
	if len(folds) != maxFolds+20 || len(m.Change.Folds) != maxFolds || m.Omitted["opened"] != 20*4 {
		t.Errorf("%d folds, %d named, omitted %v", len(folds), len(m.Change.Folds), m.Omitted)
	}
}
