package terminal

import (
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// change shows what a change to many roles came to: of each check the gravest finding, and which roles.
func (v *view) change() {
	c := v.m.Change
	for _, f := range c.Folds {
		if f.Kind == finding.KindResolved {
			v.title(v.resolved.Render("RESOLVED"), f.Headline(), v.mended)
			v.field("roles", message.Line(f.RoleNames()))
			v.field("check", message.Line(f.Lead.Check+" "+f.Lead.Slug))
			v.field("resolved", message.Line(v.m.Ending(f.Lead)))
			v.b.WriteByte('\n')
			continue
		}
		prefix := ""
		if f.Kind == finding.KindChanged {
			prefix = "changed: "
		}
		v.title(v.badge(f.Severity), prefix+f.Headline()+v.m.ByWhomOf(f), v.theme.title)
		v.field("roles", message.Line(f.RoleNames()))
		v.open(f.Lead, "one of them: ", "")
	}
	v.field("so far", c.Progress())
}
