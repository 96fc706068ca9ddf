package role

import (
	"regexp"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy"
)

// What makes known what is unknown: one or more sentences for each reason.
const (
	settledByReading = "Allow the calls that return it to the principal with which rolewatch reads the account, or add it to the export."
	settledByExport  = "Add what is missing to the export. `rolewatch export` includes it if its credentials allow the calls that return it."
	settledByCall    = "Check the value in the call. CloudTrail hides or truncates some values, and Lambda rejects values that do not have the form that the API requires."
	settledByRecords = "Run `rolewatch replay --account DIR` with an export that was made before the first record, or include earlier records."
	// SettledByWriting is for an element of a policy whose meaning AWS does not document.
	SettledByWriting = "AWS does not document how it interprets such a statement. Write the statement with the elements and operators of the IAM policy reference."
	// SettledByGrammar is for a policy that violates the grammar.
	SettledByGrammar = "Correct the policy. ValidatePolicy of IAM Access Analyzer reports what is wrong with it."
	// SettledByLess is for what exceeds the budget of work.
	SettledByLess = "The evaluation of the role exceeded its budget of work. Use fewer statements, wildcards and conditions in the policies of the role, or split them across several roles."
	// SettledByFewer is for a comparison of statements that takes too much work.
	SettledByFewer = "The comparison exceeded its budget of work. Use fewer statements in the policies."
	// SettledByCorrection is for a text that is not what it should be.
	SettledByCorrection = "Correct the value where it is configured."
)

// A text may give several reasons in one sentence, each with its call.
var (
	deniedIn      = regexp.MustCompile(`([a-z0-9-]+:[A-Za-z0-9]+)` + wasDenied)
	unsupportedIn = regexp.MustCompile(`([a-z0-9-]+:[A-Za-z0-9]+)` + isNotSupported)
)

// SettledBy says what makes known what is unknown for this reason.
func (r Reason) SettledBy() string {
	text := r.String()
	var out []string
	if calls := callsIn(deniedIn, wasDenied, text); len(calls) > 0 {
		out = append(out, "Allow "+strings.Join(calls, ", ")+" to the principal with which rolewatch reads the account.")
		if strings.HasPrefix(calls[0], "organizations:") {
			out = append(out, "Only the management account and delegated administrators can read the policies of an organization.")
		}
	}
	if calls := callsIn(unsupportedIn, isNotSupported, text); len(calls) > 0 {
		out = append(out, "The endpoint does not support "+strings.Join(calls, ", ")+". Read the account through an endpoint that does.")
	}
	switch {
	case len(out) > 0:
		return strings.Join(out, " ")
	case r.kind == notExported:
		return settledByExport
	case r.kind == notRecorded:
		return settledByRecords
	case r.kind == unclear:
		return settledByCall
	}
	return settledByReading
}

func callsIn(pattern *regexp.Regexp, follows, text string) []string {
	var out []string
	if !strings.Contains(text, follows) {
		return nil
	}
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		out = join(out, match[1:])
	}
	return out
}

// KeySettledBy says what makes known the value of a condition key in a request, or that it depends on a condition of the statement.
func KeySettledBy(key string) string {
	lower := strings.ToLower(key)
	switch {
	case lower == "aws:principalorgid" || lower == "aws:resourceorgid":
		return "Set the ID of the organization in the settings (organization)."
	case strings.HasPrefix(lower, "aws:principaltag/"):
		return "Allow iam:GetRole to the principal with which rolewatch reads the account, or add the tags of the role to the export."
	case strings.HasPrefix(lower, "aws:sourcevpc") || strings.HasPrefix(lower, "aws:vpc"):
		return "rolewatch cannot determine through which VPC endpoint a request goes. Check whether the requests meet the condition on " + key + ", or exempt the role from it."
	}
	return "AWS does not document the value of " + key + " in the request. Check whether the requests meet the condition, or exempt the role from it."
}

// ComparisonSettledBy says what decides what a comparison of policies left undecided.
func ComparisonSettledBy(u policy.Undecidable) string {
	switch {
	case u.Exceeded:
		return SettledByFewer
	case len(u.Keys) > 0:
		return KeySettledBy(u.Keys[0])
	case len(u.Unread) > 0:
		return settledByReading
	}
	return SettledByWriting
}

// Settling are the sentences on what settles gaps, each once.
func Settling(gaps []Gap) (out []string) {
	for _, g := range gaps {
		if g.SettledBy != "" {
			out = join(out, []string{g.SettledBy})
		}
	}
	return out
}

// TagsSettledBy says what makes known the tags of a resource, which are not read.
func TagsSettledBy(resource string) string {
	return "rolewatch does not read the tags of resources. Compare the tags of " + resource + " with the condition."
}

// PolicySettledBy says what makes known the policy of a resource, which is not read.
func PolicySettledBy(resource string) string {
	return "rolewatch does not read the policies of such resources. Check whether the policy of " + resource + " allows the role the action."
}
