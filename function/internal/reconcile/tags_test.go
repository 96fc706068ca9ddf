package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// owned is a lab whose owner tag is "team", with a role that one function uses. It was created a day ago.
func owned(t *testing.T) *lab {
	l := newLab(t)
	l.settings.WithOwners(reconcile.Owning{Keys: []string{"team"}, Account: map[string]string{"team": "cloud"}})
	l.users, l.tags, l.functionTags = []string{"checkout"}, map[string]string{"team": "pay"}, map[string]map[string]string{"checkout": {"team": "shop"}}
	return l
}

// tagRecord adds a record of a call by somebody, about these keys; none where the record does not show them.
func (l *lab) tagRecord(source, name, of, by string, keys ...string) *reconcile.Change {
	l.record(source, name, of, "")
	c := &l.changes[len(l.changes)-1]
	c.Actor.Name, c.TagKeys = by, keys
	return c
}

// tag is what is remembered of the owner tag of the role, or of a function by its name.
func (l *lab) tag(function string) *finding.Tag {
	of := ""
	if function != "" {
		of = functionARN(function)
	}
	if i := slices.IndexFunc(l.state.Tags, func(t finding.Tag) bool { return t.Of == of && t.Key == "team" }); i >= 0 {
		return &l.state.Tags[i]
	}
	return nil
}

// tagHistories are what happens to the tag of a role that was pay a minute ago, and to that of its function. By are those who may have changed
// it; they are asked for where the tag has changed.
var tagHistories = map[string]struct {
	does    func(l *lab)
	changed bool
	by      string
	// ago is how long ago it was changed, as far as is known.
	ago time.Duration
}{
	"nothing":           {does: func(*lab) {}},
	"it was set to pay": {does: func(l *lab) { l.tagRecord("iam", "TagRole", "", "ann", "team") }},
	"no record":         {does: func(l *lab) { l.tags = map[string]string{"team": "data"} }, changed: true},
	"a record": {does: func(l *lab) {
		l.tagRecord("iam", "TagRole", "", "ann", "cost", "team")
		l.tags = map[string]string{"team": "data"}
		l.now = l.now.Add(time.Second)
	}, changed: true, by: "ann", ago: time.Second},
	"it was removed":  {does: func(l *lab) { l.tagRecord("iam", "UntagRole", "", "ann", "team"); l.tags = nil }, changed: true, by: "ann"},
	"it is empty now": {does: func(l *lab) { l.tags = map[string]string{"team": ""} }, changed: true},
	"a record of unknown keys": {does: func(l *lab) {
		l.tagRecord("iam", "TagRole", "", "ann")
		l.tags = map[string]string{"team": "data"}
	}, changed: true, by: "ann"},
	"a record of another key": {does: func(l *lab) {
		l.tagRecord("iam", "TagRole", "", "ann", "cost")
		l.tags = map[string]string{"team": "data"}
	}, changed: true},
	"a record of another role": {does: func(l *lab) {
		l.tagRecord("iam", "TagRole", "", "ann", "team").Role = "billing"
		l.tags = map[string]string{"team": "data"}
	}, changed: true},
	"a record of another account": {does: func(l *lab) {
		l.tagRecord("iam", "TagRole", "", "ann", "team").Account = "444455556666"
		l.tags = map[string]string{"team": "data"}
	}, changed: true},
	"a record of some role": {does: func(l *lab) {
		c := l.tagRecord("iam", "TagRole", "", "ann")
		c.Part, c.Effect, c.Role, c.Within = "", "", "", []role.Part{role.PartTags}
		l.tags = map[string]string{"team": "data"}
	}, changed: true, by: "ann"},
	"a record of something else": {does: func(l *lab) {
		l.tagRecord("iam", "PutRolePolicy", "logs", "ann")
		l.inline["logs"] = "harmless"
		l.tags = map[string]string{"team": "data"}
	}, changed: true},
	"the role was made anew": {does: func(l *lab) {
		l.tagRecord("iam", "DeleteRole", "", "eve")
		l.now = l.now.Add(time.Second)
		l.id = "AROAANOTHER"
		l.tagRecord("iam", "CreateRole", "", "ann", "team")
		l.tags = map[string]string{"team": "data"}
	}, changed: true, by: "ann"},
	"two, one of them twice": {does: func(l *lab) {
		for _, who := range []string{"zoe", "ann", "zoe"} {
			l.now = l.now.Add(time.Second)
			l.tagRecord("iam", "TagRole", "", who, "team")
		}
		l.tags = map[string]string{"team": "data"}
	}, changed: true, by: "ann zoe"},
	"more than five": {does: func(l *lab) {
		for i := range 6 {
			l.now = l.now.Add(time.Second)
			l.tagRecord("iam", "TagRole", "", fmt.Sprint("a", i), "team")
		}
		l.tags = map[string]string{"team": "data"}
	}, changed: true, by: "a0 a1 a2 a3 a4"},
}

// A tag that differs from what was remembered was changed, by whoever the records name that touched it.
func TestWhenATagWasChanged(t *testing.T) {
	for name, c := range tagHistories {
		t.Run(name, func(t *testing.T) {
			l := owned(t)
			l.decide()
			first := *l.tag("")
			if first.Value != "pay" || first.Changed || !first.Since.Equal(l.now) || first.By != nil || first.Was != "" {
				t.Fatalf("seen for the first time: %+v", first)
			}
			l.now = l.now.Add(time.Minute)
			c.does(l)
			d := l.decide()
			got, moved := *l.tag(""), d.TagsMoved(finding.State{Tags: []finding.Tag{first}})
			value, there := l.tags["team"]
			switch {
			case !c.changed:
				if got.Value != "pay" || !got.Since.Equal(first.Since) || got.Changed || len(moved) > 0 {
					t.Errorf("remembered %+v, moved %+v", got, moved)
				}
			case got.Value != value || got.Absent == there || got.Was != "pay" || !got.Changed || !got.Since.Equal(l.now.Add(-c.ago)) || strings.Join(got.By, " ") != c.by || len(moved) != 1:
				t.Errorf("remembered %+v, moved %+v", got, moved)
			}
			l.now = l.now.Add(time.Minute)
			before := l.state
			if d = l.decide(); len(d.TagsMoved(before)) > 0 || !slices.EqualFunc(l.state.Tags, before.Tags, func(a, b finding.Tag) bool { return a.Value == b.Value && a.Since.Equal(b.Since) }) {
				t.Errorf("a minute later: remembered %+v, before %+v", l.state.Tags, before.Tags)
			}
			if f := l.tag("checkout"); f.Value != "shop" || f.Changed || !f.Since.Equal(first.Since) {
				t.Errorf("of the function is remembered %+v", f)
			}
		})
	}
}

// Of a function counts what tags it, or creates it.
func TestWhenATagOfAFunctionWasChanged(t *testing.T) {
	for name, c := range map[string]struct {
		event, of string
		by        string
	}{
		"tagged": {"TagResource20170331v2", "checkout", "ann"}, "untagged": {"UntagResource20170331v2", "checkout", "ann"}, "created": {"CreateFunction20150331", "checkout", "ann"},
		"another function": {"TagResource20170331v2", "invoice", ""}, "configured": {"UpdateFunctionConfiguration20150331v2", "checkout", ""},
		"a call that failed": {"TagResource20170331v2", "checkout", ""}, "published": {"PublishVersion20150331", "checkout", ""}, "a URL": {"CreateFunctionUrlConfig", "checkout", ""},
	} {
		l := owned(t)
		l.decide()
		l.now = l.now.Add(time.Minute)
		if change := l.tagRecord("lambda", c.event, c.of, "ann"); name == "a call that failed" {
			change.ErrorCode = "AccessDeniedException"
		}
		l.functionTags["checkout"] = map[string]string{"team": "data"}
		l.decide()
		if got := l.tag("checkout"); got.Value != "data" || got.Was != "shop" || !got.Changed || strings.Join(got.By, " ") != c.by {
			t.Errorf("%s: remembered %+v", name, got)
		}
		if got := l.tag(""); got.Changed {
			t.Errorf("%s: of the role is remembered %+v", name, got)
		}
	}
}

// A read may lag behind a record by 5 minutes: who changed a tag is named all the same, and after that no more.
func TestATagThatIsReadLate(t *testing.T) {
	for lag, by := range map[time.Duration]string{5*time.Minute - 1: "ann", 5 * time.Minute: ""} {
		l := owned(t)
		l.decide()
		l.now = l.now.Add(time.Hour)
		at := l.now
		l.tagRecord("iam", "TagRole", "", "ann", "team")
		l.decide()
		l.now, l.tags = at.Add(lag), map[string]string{"team": "data"}
		// Records are remembered as causes of something, however old they are.
		l.state.Changes = []finding.Change{
			{EventID: "e1", EventName: "TagRole", EventSource: "iam.amazonaws.com", Time: at, Actor: finding.Actor{Name: "ann"}},
			{EventID: "e2", EventName: "TagRole", EventSource: "iam.amazonaws.com", Time: at, Actor: finding.Actor{Name: "eve"}, ErrorCode: "AccessDenied"},
			{EventID: "e3", EventName: "PutRolePolicy", EventSource: "iam.amazonaws.com", Time: at, Actor: finding.Actor{Name: "sam"}},
			{EventID: "e4", EventName: "TagResource", EventSource: "lambda.amazonaws.com", Time: at, Actor: finding.Actor{Name: "zoe"}},
		}
		l.decide()
		if got := l.tag(""); !got.Changed || strings.Join(got.By, " ") != by {
			t.Errorf("%v late: remembered %+v", lag, got)
		}
	}
}

// A tag that is seen for the first time is as old as it is known to be: as the role, where that is younger than 24 hours.
func TestATagThatIsSeenForTheFirstTime(t *testing.T) {
	for age, changed := range map[time.Duration]bool{time.Hour: true, 24*time.Hour - 1: true, 24 * time.Hour: false, 100 * 24 * time.Hour: false} {
		l := owned(t)
		l.created = l.now.Add(-age)
		l.decide()
		since := l.now
		if changed {
			since = l.created
		}
		if got := l.tag(""); got.Changed != changed || !got.Since.Equal(since) {
			t.Errorf("a role of %v: remembered %+v", age, got)
		}
		if got := l.tag("checkout"); got.Changed || !got.Since.Equal(l.now) {
			t.Errorf("a role of %v: of the function is remembered %+v", age, got)
		}
		l.tags = nil
		l.now = l.now.Add(time.Minute)
		if l.decide(); !l.tag("").Absent || !l.tag("").Since.Equal(l.now) {
			t.Errorf("a role of %v: once it is removed: %+v", age, l.tag(""))
		}
	}
}

// Which records lead to a look at the tags of a role: those of tags of a role of its name, and of functions.
func TestTaggingRecords(t *testing.T) {
	for name, c := range map[string]struct {
		source, event string
		change        func(c *reconcile.Change)
		want          bool
	}{
		"the role": {"iam", "TagRole", nil, true}, "the role, untagged": {"iam", "UntagRole", nil, true}, "a function": {"lambda", "TagResource20170331v2", nil, true},
		"another role":       {"iam", "TagRole", func(c *reconcile.Change) { c.Role = "billing" }, false},
		"some role":          {"iam", "TagRole", func(c *reconcile.Change) { c.Role = "" }, true},
		"another account":    {"iam", "TagRole", func(c *reconcile.Change) { c.Account = "444455556666" }, false},
		"a call that failed": {"iam", "TagRole", func(c *reconcile.Change) { c.ErrorCode = "AccessDenied" }, false},
		"something else":     {"iam", "PutRolePolicy", nil, false}, "a creation": {"iam", "CreateRole", nil, false},
		"no known call": {"iam", "TagRole", func(c *reconcile.Change) { c.EventName = "TagEverything" }, false},
	} {
		l := newLab(t)
		l.record(c.source, c.event, "checkout", "")
		change := l.changes[0]
		if c.change != nil {
			c.change(&change)
		}
		if got := change.Tagging("orders"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
