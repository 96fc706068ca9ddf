package role

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Gap is something that is not known and on which an answer depends.
type Gap struct {
	// What names it, and says why it is not known: "inline policies: iam:GetRolePolicy was denied".
	What string
	// SettledBy is a sentence that says what makes it known, or, where nothing that can be read does, what else to do.
	SettledBy string
	// Functions are the ARNs of the functions that it is about; none where it is about the role or the account.
	Functions []string
	// Statements are those that it is about; none where it is not about the text of a policy.
	Statements []StatementName
}

// StatementName names a statement of a policy, or a whole policy.
type StatementName struct {
	// Policy is the text of a Part; Statement counts from 0, and is -1 when the whole policy is meant.
	Policy    string `json:"policy"`
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
}

// Called names the statement within its policy, by its Sid if it has one, else by its place: "statement AllowLambda", "first statement".
// It is empty for a whole policy.
func (s StatementName) Called() string {
	switch {
	case s.Statement < 0:
		return ""
	case s.Sid == "":
		return words.Ordinal(s.Statement+1) + " statement"
	case strings.ContainsFunc(s.Sid, outsideSid):
		return "statement " + strconv.Quote(s.Sid)
	}
	return "statement " + s.Sid
}

// outsideSid reports whether a Sid has a character that AWS accepts in none: a policy that nobody has given to AWS yet may have any.
func outsideSid(r rune) bool {
	return r > 'z' || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", r)
}

// InWords names the statement in a sentence: "statement AllowLambda of the trust policy", "the first statement of the inline policy app".
func (s StatementName) InWords() string {
	switch part := Part(s.Policy).InWords(); {
	case s.Statement < 0:
		return part
	case s.Sid != "":
		return s.Called() + " of " + part
	default:
		return "the " + s.Called() + " of " + part
	}
}

// NameOf names a statement that decided, or a whole policy.
func NameOf(ref policy.StatementRef) StatementName {
	if ref.Statement == nil {
		return StatementName{Policy: ref.Policy, Statement: -1}
	}
	return StatementName{Policy: ref.Policy, Statement: ref.Statement.Index, Sid: ref.Statement.Sid}
}

// Gap says that the value is unknown, under a name.
func (m Maybe[T]) Gap(name string) Gap {
	return Gap{What: name + ": " + m.Why(), SettledBy: m.Reason().SettledBy()}
}

// UnreadGap says why a list is incomplete that gives its reason as a text, as Users does. The text follows the prefix.
func UnreadGap(prefix, why string) Gap {
	return Gap{What: prefix + why, SettledBy: Because(why).SettledBy()}
}

// In says which statements it is about.
func (g Gap) In(refs ...policy.StatementRef) Gap {
	g.Statements = slices.Clip(g.Statements)
	for _, ref := range refs {
		one := NameOf(ref)
		if ref.Policy != "" && !slices.Contains(g.Statements, one) {
			g.Statements = append(g.Statements, one)
		}
	}
	return g
}

// InPolicy says which policy it is about.
func (g Gap) InPolicy(part Part) Gap { return g.In(policy.StatementRef{Policy: part.String()}) }

// IsFunctionARN reports whether a text is the ARN of a function, of a version or of an alias.
func IsFunctionARN(text string) bool {
	_, err := aws.ParseFunctionARN(text)
	return err == nil
}

// Of says which function it is about, where nothing says so yet.
func (g Gap) Of(function string) Gap {
	if len(g.Functions) == 0 && function != "" {
		g.Functions = []string{function}
	}
	return g
}

// DistinctGaps has each gap once, in the order of their texts, with all functions and statements that it is about.
func DistinctGaps(all []Gap) []Gap {
	if len(all) == 0 {
		return nil
	}
	out := make([]Gap, 0, min(len(all), 8))
	for i := range all {
		g := &all[i]
		at, found := slices.BinarySearchFunc(out, g.What, func(o Gap, what string) int { return strings.Compare(o.What, what) })
		if !found {
			out = slices.Insert(out, at, *g)
			continue
		}
		out[at].Functions, out[at].Statements = join(out[at].Functions, g.Functions), join(out[at].Statements, g.Statements)
	}
	return out
}

// join adds to a list what it does not have yet, and leaves what was given as it is.
func join[T comparable](list, more []T) []T {
	list = slices.Clip(list)
	for _, one := range more {
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// SameGaps reports whether two lists are about the same.
func SameGaps(a, b []Gap) bool {
	return slices.EqualFunc(a, b, func(x, y Gap) bool { return x.What == y.What })
}

// GapTexts are the texts of gaps.
func GapTexts(gaps []Gap) []string {
	out := make([]string, len(gaps))
	for i, g := range gaps {
		out[i] = g.What
	}
	return out
}
