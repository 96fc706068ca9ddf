package message_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Each topic receives what is for it: the topic of findings no text of a channel, and that of a channel those of no other.
func TestEachTopicReceivesItsOwnTexts(t *testing.T) {
	chat, pager := message.Channel{Name: "chat"}, message.Channel{Name: "pager"}
	whole := message.Outgoing{ID: "m", Kind: message.KindFindings, Rendered: &message.Rendered{
		Subject: "s", Machine: "{}", Channels: map[string]message.Texts{"chat": {"for chat"}, "pager": {"for the pager", "and more"}},
	}}
	texts := map[string][]string{}
	ids := map[string]bool{}
	for _, o := range whole.ByTopic([]message.Channel{chat, pager, {Name: "unused"}}) {
		if o.Kind != message.KindFindings || o.Rendered.Machine != "{}" || ids[o.ID] {
			t.Errorf("%+v", o)
		}
		ids[o.ID] = true
		texts[o.Topic] = slices.Sorted(maps.Keys(o.Rendered.Channels))
		if o.Topic == "pager" && len(o.Rendered.Channels["pager"]) != 2 {
			t.Errorf("the pager receives %q", o.Rendered.Channels)
		}
	}
	want := map[string][]string{message.TopicFindings: nil, "chat": {"chat"}, "pager": {"pager"}}
	if !maps.EqualFunc(texts, want, slices.Equal[[]string]) {
		t.Errorf("topics receive %q, want %q", texts, want)
	}
	if len(whole.Rendered.Channels) != 2 {
		t.Error("the message itself was changed")
	}
}

// Of slices that came to different severities, the gravest stands for all, whichever comes first.
func TestTheGravestOfMergedSlicesLeads(t *testing.T) {
	fold := func(severity check.Severity, name string) message.Fold {
		return message.Fold{
			Kind: finding.KindOpened, Check: "RW301", Severity: severity, Findings: 1, Roles: 1, Functions: 2, Names: []string{name}, Cause: "e",
			Lead: finding.Finding{ID: name, Severity: severity},
		}
	}
	mild, grave := fold(check.Medium, "mild"), fold(check.Critical, "grave")
	for _, order := range [][]message.Fold{{mild, grave}, {grave, mild}} {
		got := message.Merge(order[:1], order[1:])
		if len(got) != 1 || got[0].Severity != check.Critical || got[0].Lead.ID != "grave" {
			t.Fatalf("%+v", got)
		}
		if f := got[0]; f.Findings != 2 || f.Roles != 2 || f.Functions != 4 || len(f.Names) != 2 || f.Cause != "e" {
			t.Errorf("%+v", f)
		}
	}
}
