package needs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// trapped reports statements that require the function's ARN where Lambda does not send it with the call.
func trapped(p *check.Pass) {
	e := effective.Of(p.Subject)
	for _, o := range judged(p.Subject).outcomes {
		var caught []lack
		for _, l := range o.lacks {
			if len(l.trap) > 0 {
				caught = append(caught, l)
			}
		}
		if len(caught) == 0 {
			continue
		}
		name := aws.FunctionNameOf(o.function)
		d := check.Diagnostic{
			Key: o.function + " " + o.row.check.ID, Functions: o.versions,
			Title: "The role of " + name + " allows " + actionsOf(caught, 3) + " only with a condition on lambda:SourceFunctionArn, which Lambda does not send",
			Detail: name + " needs " + actionsOf(caught, 12) + " " + o.row.what + ". Lambda does not send the condition key lambda:SourceFunctionArn with these calls, " +
				"only with calls by the function's code and with calls for logs, traces and file systems. A statement that requires the key allows nothing here.",
			Evidence: evidence(e, caught), Parts: []role.Part{role.FunctionPart(o.function)},
			Fix: fix(p.Role, o.function, o.row.check.Slug, caught),
		}
		if len(caught) == len(o.lacks) {
			d.Tells = []check.Told{{Check: o.row.check.ID, Key: o.function}}
		}
		p.Report(d)
	}
}

// targets are what a version's configuration points to, with what they are. A topic of Apache Kafka has no ARN.
func targets(f role.Function) (out [][2]string) {
	add := func(what, arn string) {
		if arn != "" && !strings.HasPrefix(arn, "kafka://") {
			out = append(out, [2]string{what, arn})
		}
	}
	add("dead-letter target", f.Config.DeadLetter.Or(""))
	for _, d := range f.Config.Destinations.Or(nil) {
		add("destination on success", d.Success)
		add("destination on failure", d.Failure)
	}
	for _, s := range f.Config.Sources.Or(nil) {
		if isOn(s) {
			add("event source", s.ARN)
			add("on-failure destination", s.Failure)
		}
	}
	return out
}

// misplaced reports targets in another Region or partition than the function. Event sources and dead-letter targets
// must be in the function's Region (https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html); S3's
// ARNs do not name a Region.
func misplaced(p *check.Pass) {
	var unread []role.Gap
	for _, versions := range functionsOf(p.Subject) {
		var hit []role.Function
		var wrong []string
		for _, f := range versions {
			own, _ := aws.ParseARN(f.ARN)
			missed := false
			for _, t := range targets(f) {
				at, err := aws.ParseARN(t[1])
				if err != nil || at.Partition == own.Partition && (at.Region == own.Region || at.Region == "") {
					continue
				}
				missed = true
				if sentence := "The " + t[0] + " " + t[1] + " is in " + where(at, own) + "."; !slices.Contains(wrong, sentence) {
					wrong = append(wrong, sentence)
				}
			}
			if missed {
				hit = append(hit, f)
			}
			for _, gap := range unknownTargets(f) {
				unread = append(unread, gap.Of(f.QualifiedARN()))
			}
		}
		if len(wrong) == 0 {
			continue
		}
		own, _ := aws.ParseARN(hit[0].ARN)
		p.Report(check.Diagnostic{
			Key: hit[0].ARN, Functions: hit, Title: "A target or event source of " + hit[0].Name() + " is in another Region or partition",
			Detail: "The function is in " + own.Region + ". " + strings.Join(wrong, " ") + " Lambda can reach only targets and event sources in the function's Region.",
			Parts:  []role.Part{role.FunctionPart(hit[0].ARN)},
			Fix:    check.Fix{Summary: "Configure a target or event source in " + own.Region + "."},
		})
	}
	if len(unread) > 0 {
		p.Undecided("", role.DistinctGaps(unread)...)
	}
}

func where(at, own aws.ARN) string {
	if at.Partition != own.Partition {
		return "partition " + at.Partition
	}
	return at.Region
}

func unknownTargets(f role.Function) (out []role.Gap) {
	if f.Config.DeadLetter.State() == role.Unknown {
		out = append(out, f.Config.DeadLetter.Gap("dead-letter target"))
	}
	if f.Config.Destinations.State() == role.Unknown {
		out = append(out, f.Config.Destinations.Gap("destinations"))
	}
	if f.Config.Sources.State() == role.Unknown {
		out = append(out, f.Config.Sources.Gap("event source mappings"))
	}
	for _, t := range targets(f) {
		if _, err := aws.ParseARN(t[1]); err != nil && !slices.ContainsFunc(f.Config.Sources.Or(nil), func(s role.Source) bool { return s.Kind == role.SourceOther && s.ARN == t[1] }) {
			gap := notResource("it")
			gap.What = t[0] + " " + t[1] + ": " + gap.What
			out = append(out, gap)
		}
	}
	return append(out, unknownKinds(f)...)
}

// unknownKinds are the event sources for which no row says which permissions reading them requires.
func unknownKinds(f role.Function) (out []role.Gap) {
	for _, s := range f.Config.Sources.Or(nil) {
		if s.Kind == role.SourceOther && isOn(s) {
			out = append(out, role.Gap{
				What:      "which permissions reading the event source " + cmp.Or(s.ARN, "of the mapping "+s.UUID) + " requires",
				SettledBy: "This version of rolewatch does not know this kind of event source. For the permissions, see the AWS documentation of the event source.",
			})
		}
	}
	return out
}
