package danger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// maxList bounds how many names a sentence lists.
const maxList = 10

// list joins names to words, the first ones by name.
func list(names []string) string {
	switch n := len(names); {
	case n == 0:
		return "nothing"
	case n > maxList+1:
		return strings.Join(names[:maxList], ", ") + " and " + strconv.Itoa(n-maxList) + " others"
	}
	return words.List(names)
}

// stepTexts lists requests that are allowed.
func stepTexts(all []ask.Step) string {
	var texts []string
	for _, s := range all {
		if text := stepText(s); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "; ")
}

// stepText is one request. A resource that stands for all of its type has no name in it.
func stepText(s ask.Step) string {
	text := s.Action
	switch {
	case s.Type != "":
		text += " on any " + typeName(s.Type)
	case s.Pattern != "":
		text += " on " + s.Pattern
	case s.Resource != "*":
		text += " on " + s.Resource
	}
	if len(s.Needs) > 0 {
		text += " " + tagged(s.Needs)
	}
	if isThroughCloudFormation(s.Request) {
		text += " through CloudFormation"
	}
	return text
}

// typeName is a resource type in words: "code-interpreter-custom" is "code interpreter custom".
func typeName(name string) string { return typeWords.Replace(name) }

var typeWords = strings.NewReplacer("-", " ", "_", " ", "maintenancewindow", "maintenance window", "windowtask", "maintenance window task",
	"microvmImage", "MicroVM image", "microvm", "MicroVM", "eventdatastore", "event data store", "accesspointobject", "object", "rolealias", "role alias",
	"accessgrantsinstance", "access grants instance", "certificate", "certificate", "cert", "certificate")

// tagged says which tags a resource must have.
func tagged(needs []ask.Condition) string {
	var with, without []string
	for _, c := range needs {
		tag := c.Key[strings.LastIndexByte(c.Key, '/')+1:]
		if c.Absent {
			without = append(without, tag)
		} else {
			with = append(with, tag+"="+c.Value)
		}
	}
	var parts []string
	if len(with) > 0 {
		parts = append(parts, "tagged "+words.List(with))
	}
	if len(without) > 0 {
		parts = append(parts, "without the tag "+words.List(without))
	}
	return strings.Join(parts, " and ")
}

// needsSentence says which tags the resources must have, which only others can set.
func needsSentence(needs []ask.Condition) string {
	return "This applies only to resources " + tagged(needs) + ". The role cannot set these tags itself."
}

// qualify lowers the severity of a finding that applies only to resources with tags that only others can set, and says so.
func qualify(d *check.Diagnostic, severity check.Severity, a ask.Answer) {
	if d.Severity == 0 {
		d.Severity = severity
	}
	if needs := a.Needs(); len(needs) > 0 {
		d.Severity = lower(d.Severity)
		d.Title += ", on resources " + tagged(needs)
		d.Detail += " " + needsSentence(needs)
	}
}

// lower is one severity less.
func lower(s check.Severity) check.Severity { return max(check.Low, s-1) }
