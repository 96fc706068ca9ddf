package danger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// vacuous reports each statement that allows something and has a condition that restricts nobody.
func vacuous(p *check.Pass) {
	j := judgeOf(p.Subject)
	budget := effective.BudgetOf(p.Subject)
	for ref := range j.allows() {
		var faults []string
		isOpen := false
		for i := range ref.Statement.Conditions {
			why, isDecided := vacuousWhy(ref, i, p.Role.Ref.Partition, budget.Searches())
			if isOpen = isOpen || !isDecided; why != "" {
				faults = append(faults, why)
			}
		}
		if len(faults) == 0 && !isOpen {
			continue
		}
		key, byPlace := statementKey(ref)
		if len(faults) == 0 {
			if budget.Searches().Spent() {
				budget.Exceed(ref) // It is said of the whole check.
				continue
			}
			p.Undecided(keyUnlessByPlace(key, byPlace), role.Gap{What: "whether every request meets a condition of a statement", SettledBy: role.SettledByWriting}.In(ref))
			continue
		}
		if got := j.effect(ref, true); !got.Possible() {
			continue
		}
		p.Report(check.Diagnostic{
			Key: key, ByPlace: byPlace, Functions: p.Role.Users.List,
			Title: "A condition in " + role.NameOf(ref).InWords() + " of " + p.Role.Ref.Name + " restricts nothing",
			Detail: detail(append([]string{"The statement appears to be restricted, but it is not: " + strings.Join(faults, "; ") + "."},
				j.e.Caveats...)...),
			Evidence: j.evidence([]policy.StatementRef{ref}, "One of its conditions restricts nothing."),
			Fix: check.Fix{Summary: "Compare the key with the intended values, with an operator without IfExists. With ForAllValues, also require that the key is present: " +
				`"Null":{"KEY":"false"}.`},
		})
	}
	j.undecidedIfUnread(p)
}

// statementKey is a statement in a finding's key: by its Sid, which outlives edits around it, or by its place where it has none.
func statementKey(ref policy.StatementRef) (key string, byPlace bool) {
	if ref.Statement.Sid != "" {
		return ref.Policy + "#" + ref.Statement.Sid, false
	}
	return ref.Policy + "#" + strconv.Itoa(ref.Statement.Index), true
}

// keyUnlessByPlace is the key of what is undecided about a statement: any finding may be about one that is named by its place, which
// statements have others of after an edit.
func keyUnlessByPlace(key string, byPlace bool) string {
	if byPlace {
		return ""
	}
	return key
}

// vacuousWhy says why a condition of a role in a partition restricts nothing. It is empty for a condition that restricts something, or of which
// that is not decided.
func vacuousWhy(ref policy.StatementRef, i int, partition string, budget *policy.Budget) (why string, isDecided bool) {
	c := ref.Statement.Conditions[i]
	key, operator := strings.ToLower(c.Key), strings.ToLower(c.Operator)
	if operator == "null" {
		return "", true
	}
	absent := holds(ref, i, policy.ContextValue{Presence: policy.KeyAbsent})
	if !absent && !alwaysThere[key] {
		return "", true
	}
	name := "every request meets " + c.Operator + " on " + c.Key
	without := "every request that does not include the key meets " + c.Operator + " on " + c.Key
	other := holds(ref, i, ask.Value(otherValue)) || holds(ref, i, ask.Value(aws.RoleARN(partition, "000000000000", "/", otherValue).String()))
	isDecided = true
	if other && (absent || alwaysThere[key]) {
		switch limitsNothing(ref, i, key, budget) {
		case policy.True:
			return name, true
		case policy.Undecided:
			isDecided = false
		}
	}
	switch {
	case !absent || requires(ref, key) || alwaysThere[key]:
		return "", isDecided
	case strings.HasPrefix(operator, "forallvalues:") && !optional[key]:
		return without, true
	case strings.HasSuffix(operator, "ifexists") && guards[key]:
		return without + ", and not every request includes it", true
	}
	return "", isDecided
}

// otherValue is a value that no condition compares with.
const otherValue = "q7zk3-rolewatch-probe"

// guards are keys that describe the origin of a request. A request of another origin may not include them.
var guards = map[string]bool{
	"aws:sourcevpce": true, "aws:sourcevpc": true, "aws:sourceip": true, "aws:vpcsourceip": true, "aws:sourcearn": true,
	"aws:sourceaccount": true, "sts:externalid": true, "aws:multifactorauthage": true, "kms:viaservice": true,
}

// optional are keys with several values that every request carries that they bear on, or whose lack means that nothing is
// asked for that they would keep out, as a tag.
var optional = map[string]bool{
	"aws:tagkeys": true, "s3:requestobjecttagkeys": true, "kms:grantoperations": true, "organizations:serviceprincipal": true,
	"route53:changeresourcerecordsetsnormalizedrecordnames": true, "route53:changeresourcerecordsetsrecordtypes": true,
	"route53:changeresourcerecordsetsactions": true, "codestar-connections:provideraction": true, "ssm:inventorytypename": true,
	"cloudwatch:alarmactions": true,
}

// alwaysThere are keys that every request of a role's session carries.
var alwaysThere = map[string]bool{
	"aws:principalarn": true, "aws:principalaccount": true, "aws:principaltype": true, "aws:userid": true, "aws:currenttime": true,
	"aws:epochtime": true, "aws:securetransport": true, "aws:requestedregion": true, "aws:viaawsservice": true,
	"aws:principalisawsservice": true, "aws:multifactorauthpresent": true, "iam:passedtoservice": true, "sts:rolesessionname": true,
}

// holds asks whether a condition is met, whatever else is in the request, with one value of its key.
func holds(ref policy.StatementRef, i int, v policy.ContextValue) bool {
	key := strings.ToLower(ref.Statement.Conditions[i].Key)
	m := ref.Document.Match(ref.Statement.Index, policy.Request{Context: policy.Context{
		Keys: map[string]policy.ContextValue{key: v}, RestUnknown: true,
	}})
	return m.Conditions[i].Truth == policy.True
}

// requires asks whether some condition of a statement is not met where a key is absent.
func requires(ref policy.StatementRef, key string) bool {
	for i, c := range ref.Statement.Conditions {
		if strings.ToLower(c.Key) == key && !holds(ref, i, policy.ContextValue{Presence: policy.KeyAbsent}) {
			return true
		}
	}
	return false
}

// limitsNothing asks whether the statement covers all that it would cover without a condition. Of a key that every session
// has, a comparison that takes any caller cannot know that it is there.
func limitsNothing(ref policy.StatementRef, i int, key string, budget *policy.Budget) policy.Truth {
	without := *ref.Statement
	without.Conditions = slices.Delete(slices.Clone(without.Conditions), i, i+1)
	if alwaysThere[key] {
		if k, ok := actions.Key(key); !ok || !k.Always {
			there := policy.Condition{Operator: "Null", Key: ref.Statement.Conditions[i].Key, Values: []policy.Value{{Text: "false"}}}
			without.Conditions = append(without.Conditions, there)
		}
	}
	wide := policy.StatementRef{Policy: ref.Policy, Statement: ref.Statement, Document: ref.Document, Effect: policy.Allow}
	narrow := policy.StatementRef{Policy: ref.Policy, Statement: &without, Document: ref.Document, Effect: policy.Allow}
	return effective.Covers(wide, narrow, budget)
}
