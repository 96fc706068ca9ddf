package settings

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// topics are ARNs, or objects where something is to be said of a topic.
func (r *reader) topics(m member) []Topic {
	var out []Topic
	for _, e := range r.list(m.path, m.value) {
		var one Topic
		at := e
		if e.value.Kind() == '"' {
			one.ARN = r.text(e)
		} else {
			before := len(r.errs)
			for _, f := range r.object(e.path, e.value) {
				switch f.key {
				case "topic":
					one.ARN, at = r.text(f), f
				case "policyAllowsPublish":
					one.PolicyAllowsPublish = r.flag(f)
				default:
					r.stranger(f, "policyAllowsPublish", "topic")
				}
			}
			if one.ARN == "" && len(r.errs) == before {
				r.wrong(e.path, e.value, "it does not say which topic: set \"topic\"")
			}
		}
		switch why := notTopic(one.ARN); {
		case one.ARN == "": // That is an error already.
		case why != "":
			r.wrong(at.path, at.value, "%s", why)
		case slices.ContainsFunc(out, func(o Topic) bool { return o.ARN == one.ARN }):
			r.wrong(at.path, at.value, "it is named twice")
		}
		out = append(out, one)
	}
	return out
}

func notTopic(text string) string {
	arn, _ := aws.ParseARN(text)
	name, fifo := arn.Topic()
	if name == "" {
		return "it is not the ARN of a topic, such as arn:aws:sns:us-east-1:111122223333:findings"
	}
	if fifo {
		return "it is a FIFO topic, and messages of rolewatch have no message group"
	}
	return ""
}

func notRegion(s string) string {
	if !aws.IsRegion(s) {
		return "is not a Region"
	}
	return ""
}

func notSeverity(s string) string {
	if _, err := check.ParseSeverity(s); err != nil {
		return "must be low, medium, high or critical"
	}
	return ""
}

func notKind(s string) string {
	if !slices.Contains([]finding.TransitionKind{finding.KindOpened, finding.KindChanged, finding.KindResolved}, finding.TransitionKind(s)) {
		return "must be opened, changed or resolved"
	}
	return ""
}

func notSlackChannel(s string) string {
	workspace, channel := slackParts(s)
	if !slackChannel.MatchString(channel) || strings.Contains(s, "/") && !slackTeam.MatchString(workspace) {
		return "is not the ID of a channel, such as C07EXAMPLE, or of a workspace and a channel, such as T07EXAMPLE/C07EXAMPLE"
	}
	return ""
}

func unhyphened(name string) string { return strings.ReplaceAll(name, "-", "") }

// slackParts are the IDs of a workspace, where it is named, and of a channel.
func slackParts(s string) (workspace, channel string) {
	if before, after, ok := strings.Cut(s, "/"); ok {
		return before, after
	}
	return "", s
}
