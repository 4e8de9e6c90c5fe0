/* refusal_words: see refusal_words.h. `@` stands for what varies; in the Chinese sentence the next one, or `@2` the second. */
#include "engine/refusal_words.h"

enum { VARIED_MOST = 4 };

struct sentence {
    const char *en, *zh;
};

static const struct sentence sentences[] = {
    /* opening */
    {"there is no unit '@'", "没有“@”这个单元"},
    {"the unit '@' is closed; '@' has taken it over", "单元“@”已撤销，由“@”承接"},
    {"unit: @ is of the level @; such a case is opened at: @", "unit：@ 属于层级 @；此类案件在以下层级立案：@"},
    {"only the calendar opens such cases", "此类案件只由日历立案"},
    {"\"@\" is not in the directory.", "通讯录中没有“@”。"},
    {"the unit where it was to be opened is not in the directory any more", "拟立案的单元已不在通讯录中"},
    {"the directory has no unit with the id @, where this case stands", "通讯录中没有编号为 @ 的单元，而案件在那里"},
    {"no calendar is deployed for the unit @ (the directory names '@')", "单元 @ 没有部署日历（通讯录指定“@”）"},
    /* not now */
    {"the case stands in @, which does not take '@'", "案件现处“@”，该环节不接受“@”"},
    {"the workflow @ has no event '@'", "流程 @ 没有名为“@”的事件"},
    {"the task that '@' settles is done", "“@”所办的事项已办结"},
    {"the case is not held", "案件不是待核的导入案件"},
    {"the case was merged into @: send it there", "案件已并入 @：请发往该案"},
    {"the case has ended: @", "案件已办结：@"},
    {"the case has ended, and its workflow does not let it be opened again", "案件已办结，其流程不允许重新办理"},
    {"the case has not ended: it stands in @", "案件尚未办结：现处“@”"},
    {"the case has ended, and the time for which it is kept is over: what it held of people has been destroyed", "案件已办结且保存期已满：其中的个人信息已销毁"},
    {"the case has ended, or was opened by another", "案件已办结，或由别的案件所立"},
    {"the case waits for nothing like '@'", "案件并不在等待“@”"},
    {"deadlines that are over lead to each other in a circle", "已过的期限互相指向，形成循环"},
    {"the case has no such clock that is due then", "案件没有那时到期的期限"},
    {"the clock is not due yet", "期限尚未到期"},
    {"every clock of the case follows the calendar that counts now", "案件的各项期限均已按现行日历计算"},
    /* times */
    {"it was possible until @", "只可办理至 @"},
    {"no deadline runs in @", "“@”没有正在计算的期限"},
    {"the deadline of @ cannot be extended", "“@”的期限不可延长"},
    {"the deadline of @ has passed; it could be extended only before", "“@”的期限已过；只可在到期前延长"},
    {"the deadline of @ has passed; its clock could be stopped only before", "“@”的期限已过；只可在到期前中止计时"},
    {"the extension that @ asked for waits for grant or deny", "@ 提出的延期申请尚待答复"},
    {"the clock of @ is stopped; its deadline can be extended when it goes on", "“@”已中止计时；恢复计时后方可延期"},
    {"no extension waits for an answer", "没有待答复的延期申请"},
    {"add: must say how much, at most @ and in the same unit", "add：须写明延长多少，至多 @，单位相同"},
    {"add: the others have asked for @, and all must ask for the same", "add：其他人申请的是 @，各人须申请相同的时间"},
    {"the clock of @ cannot be stopped", "“@”不可中止计时"},
    {"the clock is stopped already: @", "已中止计时：@"},
    {"the clock is stopped", "已中止计时"},
    {"the clock is not stopped", "并未中止计时"},
    {"the clock may be stopped for @ in this stage, and that is used up", "本环节可中止计时 @，已用完"},
    {"ground: must be one of @", "ground：须为以下之一：@"},
    /* who */
    {"the event does not say who acts", "事件没有写明由谁办理"},
    {"@ may act for @ no more: @ ended with @", "@ 不再可代 @ 办理：@ 已于 @ 到期"},
    {"@ may not act for @: the directory says nothing of it for this day", "@ 不可代 @ 办理：通讯录中没有当日有效的授权"},
    {"'@', who acts for @, is neither in the directory nor in this case", "代 @2 办理的“@1”既不在通讯录中，也不是本案中的人"},
    {"'@' is neither in the directory nor in this case; it may be sent by: @", "“@”既不在通讯录中，也不是本案中的人；可发送者：@"},
    {"@ may not send it; it may be sent by: @", "@ 无权发送；可发送者：@"},
    {"@ has sent @ and may not send this one too", "@ 发送过“@”，不得再发送本事件"},
    {"@ is named in @ and may not send this", "@ 列在“@”中，不得发送本事件"},
    {"@ has opened this case and may not send this", "@ 是本案立案人，不得发送本事件"},
    {"@ had a voice in the vote of @ and may not send this", "@ 在“@”的表决中有表决权，不得发送本事件"},
    {"that is done by a supervisor at @, not by @", "须由 @ 的督办员办理，@ 不可"},
    {"an incident is retried by a supervisor at @, not by @", "故障须由 @ 的督办员重新发出，@ 不可"},
    /* how often */
    {"@ has happened @ times in this case, which is all that is allowed", "“@”在本案中已办 @ 次，不得再办"},
    {"@ has sent @ already and counts once; take-back undoes it until all have sent it", "@ 已发送过“@”，只计一次；在各人都发送之前可用 take-back 撤回"},
    {"event: is needed, since @ has sent more than one that could be taken back", "event：须写明，因为 @ 有不止一项可以撤回"},
    {"@ has sent nothing that could still be taken back", "@ 没有尚可撤回的事项"},
    {"event: must be the name of an event", "event：须为事件名称"},
    /* conditions and ways */
    {"it takes that @ (line @ of the workflow)", "须符合条件：@（流程第 @ 行）"},
    {"no way of the choice holds", "没有一种走向的条件成立"},
    {"the ladder of @ has no level above @ that has a unit for this case", "“@”的层级中，@ 以上没有承担本案的单元"},
    {"the ladder of @ has no level below @ that has a unit for this case", "“@”的层级中，@ 以下没有承担本案的单元"},
    {"stages that wait for nothing follow each other in a circle, @ among them", "不等待任何事的环节互相指向，形成循环，其中有“@”"},
    {"top and bottom of the ladder of @ lead to each other", "“@”的 top 与 bottom 互相指向"},
    {"no unit of the level @ serves @, where this case comes from", "没有层级为 @ 的单元承担本案所来自的 @"},
    {"the field @, which says at which unit it goes on, is empty", "字段 @ 指明转到哪个单元，但为空"},
    {"the field @ names the unit '@', which is not in the directory", "字段 @ 所指的单元“@”不在通讯录中"},
    /* room */
    {"it would have @ clocks, at most @ can run", "将有 @ 项期限，至多 @ 项"},
    {"it would have @ tasks, at most @ can be open", "将有 @ 项交办，至多 @ 项"},
    {"@ people would have sent an event that others are waited for, at most @ can", "已有 @ 人发送而尚待他人，至多 @ 人"},
    {"it would take @ bytes, at most @ are allowed", "将占 @ 字节，至多 @ 字节"},
    {"one event would make more than @ tasks and notices to workers", "一次事件产生的交办与通知将超过 @ 项"},
    {"the case has opened @ others, which is all that it can", "本案已立 @ 件其他案件，已达上限"},
    {"the case is tied to @ others, which is all that it can be", "本案已与 @ 件案件关联，已达上限"},
    {"a case has @ such handlers at most", "一件案件至多增加 @ 名协办人"},
    /* other cases */
    {"an imported case has nothing to do with others until it is released", "导入的案件在启用之前不与别的案件关联"},
    {"case: the number of the other case is needed", "case：须写明另一案件的编号"},
    {"case: that is this case itself", "case：这就是本案"},
    {"the other case stands at @, where @ is no supervisor", "另一案件在 @，@ 不是那里的督办员"},
    {"the other case cannot be merged: it has ended, or is not released yet (@)", "另一案件不能并入：已办结，或尚未启用（@）"},
    {"the case was not merged into another", "本案没有并入别的案件"},
    {"the case was not merged into that one", "本案没有并入该案"},
    /* votes */
    {"no vote runs in @", "“@”没有正在进行的表决"},
    {"no rule of the vote fits @", "表决没有适用于 @ 的规则"},
    {"the weight of @ is below 0, or the roll becomes too heavy", "@ 的权数小于 0，或名册总权数过大"},
    {"there are more than @ raters", "评议人超过 @ 名"},
    {"@ secret votes of the case are over and not yet counted or destroyed: another can begin only then", "本案有 @ 次无记名表决已结束而尚未计票或销毁密钥，之后才能再开始"},
    {"@ is not on the roll of this vote, which was drawn when it opened", "@ 不在本次表决的名册上；名册在表决开始时确定"},
    {"@ is recused from this vote", "@ 已回避本次表决"},
    {"@ can only be said by @", "@ 只能由 @ 提出"},
    {"the vote is over, and @ has given a ballot already", "表决已结束，且 @ 已投过票"},
    {"this vote takes no proxies: @ votes in person", "本次表决不接受委托：@ 须本人投票"},
    {"proxy: comes only with a ballot for somebody else", "proxy：只在代他人投票时填写"},
    {"proxy: is needed: which paper says that @ may vote for @ (at most @ bytes)", "proxy：须写明 @ 可代 @ 投票的委托书（至多 @ 字节）"},
    {"@ has given ballots for others (@), which is all that is allowed", "@ 已代 @ 人投票，已达上限"},
    {"choice: must be one of @", "choice：须为以下之一：@"},
    {"choice: must come sealed, since the vote is secret", "choice：无记名表决的选项须密封"},
    {"the vote that it was sealed for is over", "该选项所属的表决已结束"},
    {"@ has given a ballot, and ballots of this vote are final", "@ 已投票，本次表决投票后不可更改"},
    {"grounds: must say why, in at most @ bytes", "grounds：须写明理由，至多 @ 字节"},
    {"grounds: must be one of @", "grounds：须为以下之一：@"},
    {"@ may not recuse @", "@ 无权要求 @ 回避"},
    {"the counts are not those of this vote", "计票结果不属于本次表决"},
    {"the vote is not being counted", "该表决不在计票中"},
    {"nothing is owed to that vote", "该表决没有未尽事项"},
    {"the ballots are not counted yet", "尚未计票"},
    {"The vote is over, and its key was destroyed.", "表决已结束，其密钥已销毁。"},
    /* tasks */
    {"task: is needed, since more than one task is meant", "task：须写明，因为不止一项交办"},
    {"task: must be a text", "task：须为文字"},
    {"no such task is open to people here now", "这里现在没有可由人办理的这项交办"},
    {"no such task is held by a person here now", "这里现在没有由人持有的这项交办"},
    {"@ is not among those whom the task is for", "@ 不在该项交办的对象之中"},
    {"@ holds the task @ already: only hand-over changes that", "@ 已接办“@”：只能用 hand-over 转交"},
    {"to: @ holds the task @ already", "to：@ 已接办“@”"},
    {"to: @ is not among those whom the task @ is for: @", "to：@ 不在“@”的交办对象之中：@"},
    {"to: is needed: the person who takes the task over", "to：须写明由谁接办"},
    {"@: is needed: the person", "@：须写明何人"},
    {"@ holds the task @, and gives it back", "“@2”由 @1 接办，须由其交回"},
    {"who handles the task @ is said by @", "由谁办理“@”须由 @ 决定"},
    {"who: '@' is not in the directory", "who：通讯录中没有“@”"},
    {"who: @ is among those whom the task @ is for already", "who：@ 本就在“@”的交办对象之中"},
    {"who: @ has not been added to the task @", "who：@ 并未被加入“@”"},
    {"the task @ is settled, or was never one of this case", "交办 @ 已办结，或从不属于本案"},
    {"the task @ is settled, or was never one of this case, which has ended", "交办 @ 已办结，或从不属于本案；本案已办结"},
    {"@ holds the task @ now", "“@2”现由 @1 持有"},
    {"the task @ is not offered to workers now", "“@”现在没有派给外部程序"},
    {"the task @ is settled by an event, which says how it went: send @", "“@”须以事件办结并说明结果：请发送 @"},
    {"attempt @ of the task @ is over: it has failed @ times", "“@2”的第 @1 次尝试已结束：共失败 @3 次"},
    {"no incident stands on the task @", "交办 @ 没有未处理的故障"},
    /* another version */
    {"stages: must be a mapping of stages to stages", "stages：须为环节到环节的对照"},
    {"stages: version @, where the case is, has no stage '@'", "stages：案件所在的第 @ 版没有环节“@”"},
    {"stages: version @ has no stage '@'", "stages：第 @ 版没有环节“@”"},
    {"drop: must be a list of names", "drop：须为名称列表"},
    {"drop: version @, where the case is, has no field or event of that name", "drop：案件所在的第 @ 版没有该名称的字段或事件"},
    {"version @ of @ is not deployed", "没有部署 @2 的第 @1 版"},
    {"the case is one of @, and stays one", "本案属于 @，不能改为别的流程"},
    {"the case is under version @ already", "本案已按第 @ 版办理"},
    {"the stage '@', where the case stands, is not there; say which one takes its place (version @)", "案件所处的环节“@”在第 @ 版中不存在；请指明由哪个环节代替"},
    {"the case stands at the level '@', which the ladder of '@' lacks (version @)", "案件在层级“@1”，而第 @3 版“@2”没有该层级"},
    {"the field '@' holds something, and is of another kind there (version @)", "字段“@”有内容，而在第 @ 版中类型不同"},
    {"the field '@' holds something, and is of another kind there (private or not) (version @)", "字段“@”有内容，而在第 @ 版中是否保密不同"},
    {"the field '@' holds a choice that is not there (version @)", "字段“@”的选项在第 @ 版中不存在"},
    {"the field '@' holds something, and is not there; say that it may be dropped (version @)", "字段“@”有内容，而第 @ 版没有该字段；请注明可舍弃"},
    {"@ has sent '@', which waits for others, and there nothing waits for it; say that it may be dropped (version @)", "@ 已发送“@”并在等待他人，而第 @ 版不再等待；请注明可舍弃"},
    {"the task@ of the case is open, and '@' has none of the kind (version @)", "本案交办@尚未办结，而第 @3 版“@2”没有这样的交办"},
    {"a case of @ that it has opened is waited for, and nothing there opens such a one (version @)", "本案在等待所立的 @ 案件，而第 @ 版不立此类案件"},
    {"a vote is open; the case can go on under another version when it is over (version @)", "表决正在进行；结束后方可改按第 @ 版办理"},
    {"a vote was held in '@', and there is none there (version @)", "“@”进行过表决，而第 @ 版在那里没有表决"},
    {"the vote that was held in '@' was decided by another rule, or with other choices, weights, quorum or grades, than that version has; such a case stays under its own (version @)",
     "“@”的表决所用的规则、选项、权数、法定人数或等次与第 @ 版不同；此类案件仍按原版办理"},
    {"something is published beside the work; the case can go on under another version when its time is over (version @)", "有内容正在公示；公示期满后方可改按第 @ 版办理"},
    {"the case is published, and '@' does not publish the same fields (version @)", "本案正在公示，而第 @2 版“@1”公示的字段不同"},
    {"'@' holds a vote, which begins only when it is entered (version @)", "第 @2 版“@1”是表决，只在进入时开始"},
    {"'@' is a publication, which is put up only when it is entered (version @)", "第 @2 版“@1”是公示，只在进入时开始"},
    {"an extension that @ asked for waits for its answer; let it be granted or denied first (version @)", "@ 的延期申请尚待答复，须先答复（第 @ 版）"},
    {"the clock of the case is stopped; let it go on first (version @)", "本案已中止计时，须先恢复（第 @ 版）"},
    {"the deadline was extended, and '@' has no such extension; say that extend may be dropped (version @)", "期限已延长，而第 @2 版“@1”没有这样的延期；请注明 extend 可舍弃"},
    {"the case holds something that cannot be taken along (version @)", "本案有内容无法带到第 @ 版"},
};

/* What is wrong with a field: `FIELD: complaint`, several joined by `; `. */
static const struct sentence complaints[] = {
    {"is needed and did not come", "须填写而没有填"},
    {"does not come with this event, which takes no fields", "不随本事件填写；本事件不带字段"},
    {"does not come with this event; allowed: @", "不随本事件填写；可填：@"},
    {"must be a text", "须为文字"},
    {"may not be empty", "不能为空"},
    {"has @ characters, at most @ are allowed", "有 @ 个字，至多 @ 个字"},
    {"'@' is not a number with at most @ decimal places", "“@”不是至多 @ 位小数的数"},
    {"must be a number", "须为数"},
    {"is @, at least @ is allowed", "为 @，不得小于 @"},
    {"is @, at most @ is allowed", "为 @，不得大于 @"},
    {"must be true or false", "须为 true 或 false"},
    {"must be a date such as 2026-10-09", "须为日期，例如 2026-10-09"},
    {"must be one of @", "须为以下之一：@"},
    {"'@' is not one of @", "“@”不在以下各项之中：@"},
    {"must be the path of a unit", "须为单元的路径"},
    {"there is no unit '@'", "没有“@”这个单元"},
    {"must be a reference: a text of 1 to 256 bytes", "须为引用：1 至 256 字节的文字"},
    {"each must be a reference (text), or {id, sealed} with the details sealed", "每人须为引用，或带密封详情的 {id, sealed}"},
    {"a person is named by 1 to @ bytes", "人名为 1 至 @ 字节"},
    {"'@' is not in the directory; a resident is written app:token", "通讯录中没有“@”；居民写作 应用:代号"},
    {"@ comes without @", "@ 缺少 @"},
    {"names @ twice", "@ 重复"},
    {"names @, at least @ are needed", "有 @ 人，至少 @ 人"},
    {"names @, at most @ are allowed", "有 @ 人，至多 @ 人"},
    {"holds @ already, and no more are allowed", "已有 @ 项，不能再加"},
    {"is private and must arrive sealed", "为保密字段，须密封"},
    {"is not private and must arrive in clear", "不是保密字段，须为明文"},
    {"is of a type that does not exist", "的类型不存在"},
    {"was erased together with its key; nothing can be added to it any more", "已随密钥一并销毁，不能再添加"},
};

/* ---- matching ---- */

static bool begins(struct text text, struct text with)
{
    return text.size >= with.size && memcmp(text.data, with.data, with.size) == 0;
}

/* Up to the next `@` of a sentence. */
static struct text literal(const char *at)
{
    return (struct text){.data = at, .size = strcspn(at, "@")};
}

/* `why` is this sentence; what stands for its `@`s. Each is as short as the rest allows. */
static bool matches(const char *pattern, struct text why, struct text *varied)
{
    struct text fixed = literal(pattern);
    if (!begins(why, fixed))
        return false;
    pattern += fixed.size;
    why = (struct text){why.data + fixed.size, why.size - fixed.size};
    if (!*pattern)
        return why.size == 0;
    for (size_t size = 0; size <= why.size; size++) {
        *varied = (struct text){why.data, size};
        if (matches(pattern + 1, (struct text){why.data + size, why.size - size}, varied + 1))
            return true;
    }
    return false;
}

static struct text filled(struct arena *arena, const char *zh, const struct text *varied)
{
    struct text said = {0};
    for (int next = 0; *zh; ) {
        struct text fixed = literal(zh);
        said = arena_print(arena, "%.*s%.*s", (int)said.size, said.data, (int)fixed.size, fixed.data);
        zh += fixed.size;
        if (!*zh)
            break;
        int which = zh[1] >= '1' && zh[1] <= '0' + VARIED_MOST ? zh[1] - '1' : next++;
        zh += zh[1] >= '1' && zh[1] <= '0' + VARIED_MOST ? 2 : 1;
        said = arena_print(arena, "%.*s%.*s", (int)said.size, said.data, (int)varied[which].size, varied[which].data);
    }
    return said;
}

static struct text translated(struct arena *arena, const struct sentence *table, size_t count, struct text why)
{
    struct text varied[VARIED_MOST + 1] = {{0}};
    for (size_t i = 0; i < count; i++)
        if (matches(table[i].en, why, varied))
            return filled(arena, table[i].zh, varied);
    return (struct text){0};
}

/* "FIELD: complaint"; of what belongs to one of the people "FIELD: NAME of PERSON: complaint" */
static struct text field_zh(struct arena *arena, struct text piece)
{
    const char *colon = memmem(piece.data, piece.size, ": ", 2);
    if (!colon)
        return (struct text){0};
    size_t name = (size_t)(colon - piece.data);
    struct text rest = {colon + 2, piece.size - name - 2}, said = translated(arena, complaints, sizeof complaints / sizeof *complaints, rest);
    said = said.size ? said : field_zh(arena, rest);
    return said.size ? arena_print(arena, "%.*s：%.*s", (int)name, piece.data, (int)said.size, said.data) : said;
}

/* To the next `; ` behind `from`, or the end. */
static size_t piece_end(struct text why, size_t from)
{
    const char *mark = from < why.size ? memmem(why.data + from, why.size - from, "; ", 2) : NULL;
    return mark ? (size_t)(mark - why.data) : why.size;
}

static struct text fields_zh(struct arena *arena, struct text why)
{
    struct text all = {0};
    while (why.size) {
        size_t size = piece_end(why, 0);
        struct text said = field_zh(arena, (struct text){why.data, size});
        while (!said.size && size < why.size) { /* the mark may stand within: "...; allowed: a, b" */
            size = piece_end(why, size + 2);
            said = field_zh(arena, (struct text){why.data, size});
        }
        if (!said.size)
            return (struct text){0};
        all = arena_print(arena, "%.*s%s%.*s", (int)all.size, all.data, all.size ? "；" : "", (int)said.size, said.data);
        size_t past = size < why.size ? size + 2 : size;
        why = (struct text){why.data + past, why.size - past};
    }
    return all;
}

struct text refusal_zh(struct arena *arena, struct text why)
{
    struct text said = translated(arena, sentences, sizeof sentences / sizeof *sentences, why);
    return said.size ? said : fields_zh(arena, why);
}
