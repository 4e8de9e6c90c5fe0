/* code: what the codes of err.h mean, in Chinese; in English err.h itself says it. Declared in receipt.h. */
#include "engine/command/receipt.h"

static const struct {
    const char *sentence, *advice;
} chinese[ERR_COUNT] = {
    [ERR_OK] = {"完成。", "无需处理。"},
    [ERR_MALFORMED] = {"消息格式不对。", "请按 PROTOCOL.md 重新发送。"},
    [ERR_TOO_LARGE] = {"消息超过上限。", "请少发一些：长文件放在别的系统，这里只留编号。"},
    [ERR_VERSION] = {"不支持该协议版本。", "请改用 welcome 中列出的版本。"},
    [ERR_BAD_DATA] = {"有字段缺失、多余或格式不对。", "请改正所列字段后重发。"},
    [ERR_BAD_TIME] = {"事件的发生时间在将来。", "请校准发送设备的时钟后重发。"},
    [ERR_ID_REUSED] = {"该事件编号已用于别的内容。", "新事件请用新编号。"},
    [ERR_KEY_TAKEN] = {"该案件键已属于别的案件。", "新案件请用新键。"},
    [ERR_OUT_OF_ORDER] = {"该导入案件已有更晚的事件生效。", "旧案的事件请按时间顺序导入。"},
    [ERR_UNKNOWN_CASE] = {"没有这个案件。", "请核对编号、案号或键；案件到达之前也可按键发送。"},
    [ERR_UNKNOWN_WORKFLOW] = {"没有部署这个流程，或尚未开始适用。", "请先部署，或核对名称。"},
    [ERR_UNKNOWN_UNIT] = {"通讯录中没有这个单元。", "请核对路径；staircase list --units 可列出全部单元。"},
    [ERR_UNKNOWN_PERSON] = {"通讯录中没有此人。", "请核对名称；居民写作 应用:代号。"},
    [ERR_UNKNOWN_EVENT] = {"本案流程没有这种事件。", "请使用所列的事件。"},
    [ERR_UNKNOWN_TASK] = {"没有这项交办，或已办结。", "不必再报：已不欠办。"},
    [ERR_UNKNOWN_INCIDENT] = {"没有这项未处理的故障。", "staircase incidents 可列出未处理的故障。"},
    [ERR_NOT_NOW] = {"案件所处环节不接受该事件。", "请看现在可办的事件；放弃，或以后再发。"},
    [ERR_NOT_ALLOWED] = {"此人无权发送该事件。", "请由有权的人发送。"},
    [ERR_TOO_LATE] = {"该事件的时限已过。", "无：见所示时限。"},
    [ERR_TOO_OFTEN] = {"该事件在本案中的次数已满。", "请走别的途径。"},
    [ERR_CONDITION] = {"该事件的条件不成立。", "请看所示的条件。"},
    [ERR_NO_PLACE] = {"另一版本中没有与本案现状相应的位置。", "请用 --map 指明相应的环节，用 --drop 指明可舍弃的内容；或待案件往前走后再试。"},
    [ERR_NO_LEVEL] = {"本案没有承担该层级的单元。", "请在通讯录中指定，或选别的层级。"},
    [ERR_CASE_FULL] = {"案件容量已满。", "请另立新案并引用本案。"},
    [ERR_STALE_LEASE] = {"该交办已另交他人。", "不必再报。"},
    [ERR_TOO_MANY_PARKED] = {"该发送方暂存的事件过多。", "请先发送立案事件。"},
    [ERR_PARKED_EXPIRED] = {"所等的案件没有按时到达。", "请先发送立案事件，再用新编号发送本事件。"},
    [ERR_INVALID_SOURCE] = {"文件有错误。", "请改正所列错误；staircase check 文件 可显示其位置。"},
    [ERR_OTHER_CONTENT] = {"同名同版本已部署过别的内容。", "改动后的文件请用新版本号。"},
    [ERR_OLDER_VERSION] = {"已部署更新的版本。", "请用更大的版本号。"},
    [ERR_UNIT_IN_USE] = {"新通讯录缺少仍有未结案件的单元。", "请保留该单元，或指定其接替单元。"},
    [ERR_BUSY] = {"引擎的工作已满。", "请过所示时间后用同一编号重发。"},
    [ERR_READ_ONLY] = {"磁盘已满：引擎只答复查询。", "腾出空间后用同一编号重发。"},
    [ERR_DENIED] = {"此连接无权这样做。", "请使用相应的连接和密钥。"},
    [ERR_STOPPING] = {"引擎正在停止。", "待其恢复后用同一编号重发。"},
    [ERR_NOT_REGISTERED] = {"引擎不认识这个工作进程：双方有一方重新启动过，或工作进程沉默太久。", "请重新登记；原有交办将以新租约再来。"},
    [ERR_NO_MEMORY] = {"内存不足。", "请增加内存，或一次少发一些。"},
    [ERR_IO] = {"读写磁盘失败。", "请检查磁盘；引擎下次启动时恢复。"},
    [ERR_DISK_FULL] = {"磁盘已满。", "请腾出磁盘空间。"},
    [ERR_MAP_FULL] = {"存储映射已满。", "无需处理：引擎会自行扩大。"},
    [ERR_NOT_FOUND] = {"没有找到。", "请核对名称。"},
    [ERR_CORRUPT] = {"存储的数据与校验和不符。", "请恢复备份；可对副本运行 staircase verify。"},
    [ERR_NEWER_FORMAT] = {"数据由更新版本的 Staircase 写成。", "请使用该版本或更新的版本。"},
    [ERR_LOCKED] = {"该数据目录上另有引擎在运行。", "请先停止它，或用 --data 指定别的目录。"},
    [ERR_BAD_CONFIG] = {"配置自相矛盾。", "请改正所列各行。"},
    [ERR_NO_ENGINE] = {"没有引擎在运行。", "请先运行 staircase serve。"},
    [ERR_TIMED_OUT] = {"未及时得到回答，不知是否已生效。", "请用同一编号重发。"},
    [ERR_USAGE] = {"命令用法不对。", "见 staircase 命令 --help。"},
    [ERR_OTHER] = {"引擎拒绝的原因超出本程序的版本。", "请看随附的说明。"},
};

const char *code_sentence(const struct command_line *line, enum err code)
{
    const char *words = code < ERR_COUNT ? chinese[code].sentence : NULL;
    return command_say(line, err_sentence(code), words);
}

const char *code_advice(const struct command_line *line, enum err code)
{
    const char *words = code < ERR_COUNT ? chinese[code].advice : NULL;
    return command_say(line, err_advice(code), words);
}
