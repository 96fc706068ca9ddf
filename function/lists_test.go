package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	// nameOfAWS is a name that AWS defines: an action, a condition key, an ARN, a service principal, a Region, a policy, an account of AWS's.
	nameOfAWS = regexp.MustCompile(`^([a-z][a-z0-9-]+:[A-Z][A-Za-z]+|(aws|iam|kms|lambda|s3|sts):[A-Za-z0-9-]+/?|arn:aws\S*|\S+\.amazonaws\.com\S*|[a-z]{2}-[a-z]+-\d|service-role/\w+|\d{12})$`)
	// linesOfActions is a text that lists the actions of one service a line.
	linesOfActions = regexp.MustCompile(`(?m)^[a-z][a-z0-9-]+: [A-Z]`)
	dated          = regexp.MustCompile(`[Rr]ead on 20\d\d-\d\d-\d\d`)
)

// ownChoice are files, or beginnings of their names, whose lists have names of AWS, and are no list of what AWS has: rolewatch chose them, for the reason given.
var ownChoice = map[string]string{
	"function/internal/catalogue/danger/sights.go":        "what RW314 is about",
	"function/internal/catalogue/danger/inverse.go":       "actions that are tried first",
	"function/internal/catalogue/danger/lists.go":         "a choice among the list of actions, in which a test looks each up",
	"function/internal/catalogue/danger/path":             "the paths of RW308, in several files",
	"function/internal/catalogue/danger/power.go":         "what RW301 tries",
	"function/internal/catalogue/danger/vacuous.go":       "keys that RW319 tries, by the pages that function/policy/actions cites",
	"function/internal/catalogue/exposure/conditioned.go": "a choice among the global condition keys, which function/policy/actions dates",
	"function/internal/catalogue/exposure/use.go":         "what RW407 and RW412 to RW414 ask",
	"function/internal/catalogue/exposure/gate.go":        "a choice among the global condition keys, which function/policy/actions dates",
	"function/policy/compare_mentions.go":                 "keys that a comparison tries values of",
	"function/internal/organization/permissions.go":       "the permissions of the role that is assumed in an account",
	"function/internal/prerequisite/list.go":              "what the account of a hub may read of its organization",
	"infra/command.go":                                    "the permissions of the command functions",
	"infra/permissions.go":                                "the permissions of the deployed function",
	"infra/selfreads.go":                                  "what the deployed function may read of its own deployment",
}

// TestEachListOfAWSHasADate reads every file that is not a test: a list of what AWS has says on which day it was compared with its
// source. The tables of function/aws carry the day as data, which a test there holds.
func TestEachListOfAWSHasADate(t *testing.T) {
	lists, chosen := 0, map[string]bool{}
	for _, file := range sourceFiles(t) {
		if strings.HasPrefix(file.rel, "function/aws/") || strings.HasPrefix(file.rel, "function/internal/interpreter/") || strings.HasPrefix(file.rel, "function/internal/largeaccount/") {
			continue
		}
		names, comments := listsOfAWS(t, file.path)
		if len(names) == 0 {
			continue
		}
		lists += len(names)
		own := false
		for begins := range ownChoice {
			if strings.HasPrefix(file.rel, begins) {
				own, chosen[begins] = true, true
			}
		}
		if !own && !dated.MatchString(comments) {
			t.Errorf("%s: %s lists what AWS has, and no comment says \"Read on\" a day", file.rel, strings.Join(names, ", "))
		}
	}
	for rel := range ownChoice {
		if !chosen[rel] {
			t.Errorf("%s has no list with names of AWS any more: take it out of ownChoice", rel)
		}
	}
	if lists < 20 {
		t.Fatalf("%d lists: the test does not see them", lists)
	}
	t.Logf("%d lists", lists)
}

// listsOfAWS gives the package's variables in a file that list five or more names of AWS, and the file's comments.
func listsOfAWS(t *testing.T, path string) (variables []string, comments string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, c := range f.Comments {
		text.WriteString(strings.ReplaceAll(c.Text(), "\n", " "))
	}
	for _, d := range f.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok == token.IMPORT || group.Tok == token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			if v := spec.(*ast.ValueSpec); namesIn(v) >= 5 {
				variables = append(variables, v.Names[0].Name)
			}
		}
	}
	return variables, text.String()
}

// namesIn counts the names of AWS that a variable is written with.
func namesIn(v *ast.ValueSpec) (n int) {
	ast.Inspect(v, func(node ast.Node) bool {
		lit, ok := node.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		switch {
		case err != nil:
		case linesOfActions.MatchString(text):
			n += len(strings.Fields(text))
		case nameOfAWS.MatchString(text):
			n++
		}
		return true
	})
	return n
}
