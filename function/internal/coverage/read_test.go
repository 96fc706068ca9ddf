package coverage_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/coverage"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// kept are fields of no concern that are read with others: Amazon MQ's queues stand in one list with Kafka's topics, and
// whether the code is an image belongs to what a refused call asked for.
var kept = map[string]bool{"EventSourceMappingConfiguration.Queues": true, "FunctionConfiguration.PackageType": true}

// TestWhatIsJudgedIsRead reads the code of the readers: a field that is judged is read there, and a field of no concern is not.
func TestWhatIsJudgedIsRead(t *testing.T) {
	read, direct := 0, 0
	for _, l := range coverage.Lists() {
		if l.Kind != coverage.Fields {
			continue
		}
		selected, ofParameter := map[string]bool{}, map[string]bool{}
		for _, file := range l.Readers {
			selectorsIn(t, "../../../"+file, l.Types[0], selected, ofParameter)
		}
		direct += len(ofParameter)
		for _, r := range l.Rows {
			name := r.Name[strings.LastIndex(r.Name, ".")+1:]
			switch {
			case r.Class == coverage.Judged && !selected[name]:
				t.Errorf("%s.%s is judged, and %s does not read it", l.Types[0], r.Name, strings.Join(l.Readers, ", "))
			case r.Class == coverage.Judged:
				read++
			case r.Class == coverage.NoConcern && ofParameter[r.Name] && !kept[l.Types[0]+"."+r.Name]:
				t.Errorf("%s.%s is of no concern, and %s reads it", l.Types[0], r.Name, strings.Join(l.Readers, ", "))
			}
		}
	}
	if read == 0 || direct == 0 {
		t.Fatalf("%d judged fields are read, %d of a parameter: the test does not see the code", read, direct)
	}
	t.Logf("%d judged fields are read", read)
}

// selectorsIn notes which names a file selects of anything, and which it selects of a parameter of the named type.
func selectorsIn(t *testing.T, file, typeName string, selected, ofParameter map[string]bool) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		function, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		var parameters []string
		for _, p := range function.Type.Params.List {
			star, _ := p.Type.(*ast.StarExpr)
			if star == nil {
				continue
			}
			if of, ok := star.X.(*ast.SelectorExpr); ok && of.Sel.Name == typeName {
				for _, name := range p.Names {
					parameters = append(parameters, name.Name)
				}
			}
		}
		ast.Inspect(function, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				selected[s.Sel.Name] = true
				if x, ok := s.X.(*ast.Ident); ok && slices.Contains(parameters, x.Name) {
					ofParameter[s.Sel.Name] = true
				}
			}
			return true
		})
	}
}

// TestRW220ReportsTheCodesThatRowsSay runs the check with each reason code, as that of the state and as that of the last update: it
// reports those that are classified as judged, with a fix, and no other.
func TestRW220ReportsTheCodesThatRowsSay(t *testing.T) {
	rw220, ok := catalogue.Find("RW220")
	if !ok {
		t.Fatal("there is no RW220")
	}
	ofState, ofUpdate := valuesOf(reflect.TypeFor[lambdatypes.StateReasonCode]()), valuesOf(reflect.TypeFor[lambdatypes.LastUpdateStatusReasonCode]())
	silent, reported := 0, 0
	for _, row := range list(t, coverage.Values, "lambda", "StateReasonCode").Rows {
		for _, one := range []struct {
			codes  []string
			status role.Status
		}{{ofState, role.Status{StateReasonCode: row.Name}}, {ofUpdate, role.Status{UpdateReasonCode: row.Name}}} {
			if !slices.Contains(one.codes, row.Name) {
				continue
			}
			found := run220(rw220, one.status)
			switch {
			case len(found) == 0:
				silent++
			case found[0].Fix.Summary == "":
				t.Errorf("RW220 has no fix for %s", row.Name)
			default:
				reported++
			}
			if want := row.Class == coverage.Judged; want != (len(found) > 0) {
				t.Errorf("%s is %s, and RW220 reports it in %d findings", row.Name, row.Class, len(found))
			}
		}
	}
	if silent == 0 || reported == 0 {
		t.Fatalf("RW220 reports %d codes, and %d not", reported, silent)
	}
}

func run220(c *check.Check, s role.Status) []check.Diagnostic {
	const arn = "arn:aws:lambda:us-east-1:111122223333:function:orders-api"
	const roleARN = "arn:aws:iam::111122223333:role/orders"
	ref, _ := role.ParseRef(roleARN)
	f := role.Function{ARN: arn, Version: "$LATEST", Role: roleARN, Environment: role.Have(false), KMSKey: role.None[string]()}
	f.Config = role.UnreadConfig(role.Because("not read"))
	f.Config.Status = role.Have(s)
	snapshot := &role.Snapshot{Ref: ref, Users: role.Users{List: []role.Function{f}, Complete: true}}
	subject := &check.Subject{Role: snapshot, Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	return check.Run([]*check.Check{c}, subject).Diagnostics
}
