package watch_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// first is a policy of one statement.
func first(sid string, actions, resources []string) string {
	s := map[string]any{"Effect": "Allow", "Action": actions, "Resource": resources}
	if sid != "" {
		s["Sid"] = sid
	}
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{s}})
	return string(text)
}

// pathsTold are the transitions of paths that messages had, and takes the messages out of the lab.
func (l *lab) pathsTold() (told []string) {
	for _, m := range l.messages {
		for kind, list := range map[string][]finding.Finding{"opened": m.Opened, "changed": m.Changed, "resolved": m.Resolved} {
			for _, f := range list {
				if f.Check == "RW308" {
					told = append(told, strings.TrimSpace(fmt.Sprintf("%s %s %s", kind, message.RoleName(f.Role), f.Resolution)))
				}
			}
		}
	}
	l.messages = nil
	slices.Sort(told)
	return told
}

// pathOfOrders is a lab in which orders can become the administrator deploy, which release can become as well.
func pathOfOrders(t testing.TB) *lab {
	l := graphed(t)
	l.cloud.roles["deploy"].attached[adminARN] = true
	l.role("release", accountTrust).inline["deploy"] = assumesDeploy
	l.role("plain", accountTrust)
	l.role("admin", accountTrust).attached[adminARN] = true
	l.role("other", accountTrust).attached[adminARN] = true
	l.cloud.roles["orders"].inline["deploy"] = first("", []string{"sts:AssumeRole"}, []string{roleARN("deploy")})
	l.swept()
	l.pass(time.Hour)
	if told := l.pathsTold(); !slices.Contains(told, "opened orders") {
		t.Fatalf("told %q, want the path of orders", told)
	}
	return l
}

// TestAnEditOfThePathsFirstStatementIsChanged edits the statement that a path begins with: with one action more, one role more, and in ways
// that lead on by another step. The finding keeps its ID, the time when it was first seen and its thread, and ends when the path does.
func TestAnEditOfThePathsFirstStatementIsChanged(t *testing.T) {
	l := pathOfOrders(t)
	before := l.findings("orders")[0]
	for _, edit := range []struct {
		what               string
		actions, resources []string
	}{
		{"an action more", []string{"sts:AssumeRole", "sts:TagSession"}, []string{roleARN("deploy")}},
		{"a role more", []string{"sts:AssumeRole", "sts:TagSession"}, []string{roleARN("deploy"), roleARN("plain")}},
		{"a role more that leads there as well", []string{"sts:AssumeRole"}, []string{roleARN("deploy"), roleARN("release")}},
		{"the longer way alone", []string{"sts:AssumeRole"}, []string{roleARN("release")}},
		{"a more powerful role next to it", []string{"sts:AssumeRole"}, []string{roleARN("release"), roleARN("admin")}},
		{"any role", []string{"sts:AssumeRole"}, []string{"*"}},
		{"the first statement again", []string{"sts:AssumeRole"}, []string{roleARN("deploy")}},
	} {
		l.pass(time.Hour)
		l.pathsTold()
		l.must(l.putInline("orders", "deploy", first("", edit.actions, edit.resources)))
		if told := l.pathsTold(); !slices.Equal(told, []string{"changed orders"}) {
			t.Fatalf("%s: told %q, want that the path changed", edit.what, told)
		}
		got := slices.DeleteFunc(l.findings("orders"), func(f finding.Stored) bool { return f.Check != "RW308" })
		if len(got) != 1 || got[0].ID != before.ID || !got[0].FirstSeen.Equal(before.FirstSeen) || got[0].Cause == nil {
			t.Fatalf("%s: stored %+v, want %s of %s with its cause", edit.what, got, before.ID, before.FirstSeen)
		}
	}
	l.pass(time.Hour)
	l.pathsTold()
	l.must(l.putInline("orders", "deploy", first("", []string{"sts:AssumeRole"}, []string{roleARN("plain")})))
	if told := l.pathsTold(); !slices.Equal(told, []string{"resolved orders mended"}) {
		t.Errorf("told %q, want that it is over", told)
	}
}

// TestAnotherPathIsNoEdit takes the statement that a path begins with away, and lets the role do something else in another policy: one path
// is over, and another one begins.
func TestAnotherPathIsNoEdit(t *testing.T) {
	l := pathOfOrders(t)
	delete(l.cloud.roles["orders"].inline, "deploy")
	l.must(l.putInline("orders", "other", first("", []string{"sts:AssumeRole"}, []string{roleARN("other")})))
	if told := l.pathsTold(); !slices.Equal(told, []string{"opened orders", "resolved orders mended"}) {
		t.Errorf("told %q", told)
	}
}

// TestAPathThatTwoStatementsAllow has both the edited statement and, in another policy, the one before: it stays one finding, with its ID.
func TestAPathThatTwoStatementsAllow(t *testing.T) {
	l := pathOfOrders(t)
	before := l.findings("orders")[0]
	l.must(l.putInline("orders", "deploy", first("", []string{"sts:AssumeRole", "sts:TagSession"}, []string{roleARN("deploy")})))
	l.pass(time.Hour)
	l.pathsTold()
	l.must(l.putInline("orders", "again", first("", []string{"sts:AssumeRole"}, []string{roleARN("deploy")})))
	if got := l.findings("orders"); len(got) != 1 || got[0].ID != before.ID || got[0].Key != before.Key {
		t.Errorf("stored %+v, want %s", got, before.ID)
	}
	if told := l.pathsTold(); !slices.Equal(told, []string{"changed orders"}) {
		t.Errorf("told %q", told)
	}
}

// TestNoEditThatLeavesThePathResolvesIt makes random edits of the statement that a path begins with, after each of which there is a path to
// the same administrator: none is reported as resolved and opened.
func TestNoEditThatLeavesThePathResolvesIt(t *testing.T) {
	edits := 0
	rapid.Check(t, func(rt *rapid.T) {
		l := pathOfOrders(t)
		before := l.findings("orders")[0]
		for range rapid.IntRange(1, 4).Draw(rt, "edits") {
			l.now = l.now.Add(time.Hour)
			l.messages = nil
			ways := rapid.SampledFrom([][]string{{roleARN("deploy")}, {roleARN("release")}, {roleARN("deploy"), roleARN("release")}}).Draw(rt, "ways")
			others := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{roleARN("plain"), roleARN("gone"), "arn:aws:iam::111122223333:role/x*"}), 0, 2, rapid.ID[string]).Draw(rt, "others")
			actions := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"sts:TagSession", "s3:ListAllMyBuckets", "sts:SetSourceIdentity"}), 0, 2, rapid.ID[string]).Draw(rt, "actions")
			sid := rapid.SampledFrom([]string{"", "Deploy", "Release"}).Draw(rt, "sid")
			l.must(l.putInline("orders", "deploy", first(sid, append(actions, "sts:AssumeRole"), append(others, ways...))))
			edits++
			for _, told := range l.pathsTold() {
				if told != "changed orders" {
					rt.Fatalf("told %q", told)
				}
			}
			got := l.findings("orders")
			if !slices.ContainsFunc(got, func(f finding.Stored) bool {
				return f.ID == before.ID && f.FirstSeen.Equal(before.FirstSeen) && f.Severity == check.Critical
			}) {
				rt.Fatalf("stored %+v, want %s", got, before.ID)
			}
		}
	})
	if edits == 0 {
		t.Fatal("nothing was edited")
	}
}
