// Package rules holds the rules of the IAM policy language that package policy follows, as data: the number by which code,
// tests and messages name a rule, its sentence, and the page of the AWS documentation that states it. A number is never
// given to another rule.
package rules

import (
	"cmp"
	"fmt"
	"slices"
)

// Rule is one rule of the policy language.
type Rule struct {
	// Number counts from 1, without gaps.
	Number  int
	Section Section
	// Sentence says what the rule is, in one sentence or a few.
	Sentence string
	Source   Source
	// URLs are the pages of the AWS documentation that state the rule, the one that states most of it first. There are
	// none where Source is Observed.
	URLs []string
	// Undocumented says what those pages do not state, where Source is PartlyDocumented, and is empty otherwise.
	Undocumented string
}

// Section is the part of the language that a rule belongs to.
type Section string

// The sections, in the order of Sections.
const (
	Grammar    Section = "Grammar and validity"
	Action     Section = "Action"
	Resource   Section = "Resource"
	Condition  Section = "Condition"
	Principal  Section = "Principal"
	Evaluation Section = "Policy evaluation"
)

// Sections gives all sections, in the order in which a statement is read.
func Sections() []Section {
	return []Section{Grammar, Action, Resource, Condition, Principal, Evaluation}
}

// Source says how a rule is known.
type Source string

const (
	// Documented is a rule that the AWS documentation states.
	Documented Source = "documented"
	// PartlyDocumented is a rule of which a part was observed: see Rule.Undocumented.
	PartlyDocumented Source = "partlyDocumented"
	// Observed is a rule that no page states. It was observed in the answers of AWS, by us or by the authors of other
	// evaluators.
	Observed Source = "observed"
)

// The pages that state most rules, and the guides that hold the others.
const (
	userGuide     = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
	organizations = "https://docs.aws.amazon.com/organizations/latest/userguide/"
	stsReference  = "https://docs.aws.amazon.com/STS/latest/APIReference/"

	grammarPage      = userGuide + "reference_policies_grammar.html"
	policyChecksPage = userGuide + "access-analyzer-reference-policy-checks.html"
	resourcePage     = userGuide + "reference_policies_elements_resource.html"
	variablesPage    = userGuide + "reference_policies_variables.html"
	operatorsPage    = userGuide + "reference_policies_elements_condition_operators.html"
	manyValuesPage   = userGuide + "reference_policies_condition-logic-multiple-context-keys-or-values.html"
	setsPage         = userGuide + "reference_policies_condition-single-vs-multi-valued-context-keys.html"
	globalKeysPage   = userGuide + "reference_policies_condition-keys.html"
	principalPage    = userGuide + "reference_policies_elements_principal.html"
	evaluationPage   = userGuide + "reference_policies_evaluation-logic_policy-eval-denyallow.html"
	boundariesPage   = userGuide + "access_policies_boundaries.html"
	scpPage          = organizations + "orgs_manage_policies_scps.html"
	rcpPage          = organizations + "orgs_manage_policies_rcps.html"
	rcpSyntaxPage    = organizations + "orgs_manage_policies_rcps_syntax.html"
)

var all = inOrder(grammarRules, actionRules, resourceRules, conditionRules, principalRules, evaluationRules)

func inOrder(sections ...[]Rule) []Rule {
	list := slices.Concat(sections...)
	slices.SortFunc(list, func(a, b Rule) int { return cmp.Compare(a.Number, b.Number) })
	return list
}

// All gives all rules in the order of their numbers. Their URLs must not be changed.
func All() []Rule { return slices.Clone(all) }

// Find gives the rule of a number.
func Find(number int) (Rule, bool) {
	if number < 1 || number > len(all) {
		return Rule{}, false
	}
	return all[number-1], true
}

// Citation names the rule within a message: its number, its sentence, and where AWS states it.
func (r Rule) Citation() string {
	if len(r.URLs) == 0 {
		return fmt.Sprintf("rule %d: %s AWS does not document it.", r.Number, r.Sentence)
	}
	return fmt.Sprintf("rule %d: %s See %s", r.Number, r.Sentence, r.URLs[0])
}
