package finding

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// namedChanges is how many functions, or parts, a phrase about a change names.
const namedChanges = 3

// whatChanged says in phrases what is other of a finding than it was, what matters most first: "critical now, high before", "also affects
// billing". Corrected says that another record is the cause than the one that was named.
func whatChanged(before, now Stored, of *check.Check, corrected bool) []string {
	var out []string
	add := func(text string) {
		if text != "" {
			out = append(out, text)
		}
	}
	if before.Severity != now.Severity {
		add(now.Severity.String() + " now, " + before.Severity.String() + " before")
	}
	if before.FunctionsHash != now.FunctionsHash {
		add(otherFunctions(before, now))
	}
	if before.saysOtherThan(now) {
		add(otherStatements(before, now, of))
	}
	switch {
	case corrected:
		add("another change is the cause")
	case before.Cause == nil && now.Cause != nil:
		add("the cause is known now")
	case moreNamed(before.Cause, now.Cause):
		add("one more change behind it is known now")
	}
	return out
}

// otherFunctions says which functions a finding hits now that it did not, and the other way round. Of lists that were cut short the numbers
// are known alone.
func otherFunctions(before, now Stored) string {
	if before.Total > len(before.Functions) || now.Total > len(now.Functions) {
		return fmt.Sprintf("%s now, %d before", words.Count(now.Total, "function"), before.Total)
	}
	had, have := before.functionARNs(), now.functionARNs()
	added, removed := without(have, had), without(had, have)
	switch {
	case len(added) > 0 && len(removed) > 0:
		return "affects " + functionNames(added) + " now, and " + functionNames(removed) + " no longer"
	case len(added) > 0:
		return "also affects " + functionNames(added)
	case len(removed) > 0:
		return "no longer affects " + functionNames(removed)
	}
	return "affects other versions of the functions"
}

// otherStatements says where the statements are that a finding blames now.
func otherStatements(before, now Stored, of *check.Check) string {
	if of.JudgesRefusals {
		return "another call was rejected"
	}
	had, have := role.PartTexts(before.Parts), role.PartTexts(now.Parts)
	added, removed := without(have, had), without(had, have)
	switch {
	case len(added) > 0 && len(removed) > 0:
		return "caused by " + partNames(added) + " now, and no longer by " + partNames(removed)
	case len(added) > 0:
		return "also caused by " + partNames(added)
	case len(removed) > 0:
		return "no longer caused by " + partNames(removed)
	case len(now.Parts) == 0:
		return "another call or edit is behind it"
	}
	return partNames(have) + words.Either(len(have), " has", " have") + " other statements"
}

// without are the elements of a list that another one does not have.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return slices.Contains(other, one) })
}

func functionNames(arns []string) string {
	var names []string
	for _, text := range arns {
		if arn, err := aws.ParseFunctionARN(text); err == nil {
			text = arn.Name
		}
		names = append(names, text)
	}
	return few(names)
}

func partNames(parts []string) string {
	var names []string
	for _, text := range parts {
		name := role.Part(text).InWords()
		if arn, ok := role.Part(text).FunctionARN(); ok {
			name = "the function " + functionNames([]string{arn})
		}
		names = append(names, name)
	}
	return few(names)
}

// few lists names, or counts what has more of them.
func few(names []string) string {
	if len(names) > namedChanges {
		return strings.Join(names[:namedChanges], ", ") + fmt.Sprintf(" and %d more", len(names)-namedChanges)
	}
	return words.List(names)
}
