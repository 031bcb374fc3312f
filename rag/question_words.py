"""The words that questions are made of, by what they do in one. Lower case; accents folded but in ``é`` and ``está``.

From general knowledge of Portuguese and English, as students type them; `rag.anaphora` has the rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from corpus.language import Language


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def asks_something(question: str) -> bool:
    """Whether there is a letter or a digit in it.

    >>> asks_something("e?"), asks_something(" ?! ")
    (True, False)
    """
    return any(map(str.isalnum, question))


PRONOUNS: Mapping[Language, frozenset[str]] = {
    "pt": _words(
        """
        ele ela eles elas dele dela deles delas nele nela neles nelas isso isto aquilo disso disto daquilo nisso nisto
        naquilo lhe
        """
    ),
    "en": _words("it its they them their he him his she her"),
}
# Of these a lecturer may be meant; of the next, something that a clause says.
PEOPLE = _words("ele ela eles elas dele dela they them their he him his she her")
ABOUT_A_CLAUSE = _words("isso isto aquilo disso disto daquilo nisso nisto naquilo it")
POSSESSIVE = _words("dele dela deles delas its their his her")
# "that" after these stands for something; after a noun or "true" it opens a clause.
BEFORE_THAT = _words(
    """
    is was does did do can could would will of about for with in at on like than by to from why how and but ? ! . ,
    """
)
# What opens a complement: "aquela história do cachorro".
EXPLAINS: Mapping[Language, frozenset[str]] = {
    "pt": _words("que de do da dos das em com onde"),
    "en": _words("that which of with who where they he she we you i"),
}
# What a lecturer does, who needs no name: "por que ele diz que…".
LECTURES = _words(
    """
    diz disse fala falou falar explica explicou explicar conta contou contar recomenda recomendou mostra mostrou
    ensina cita citou comenta comentou acha achou prefere preferiu pede pediu cobra aceita corrige chama chamou
    compara comparou escolhe escolheu defende usa usou gosta faz fez quis quer promete avisa avisou
    """
)
# Of the course itself: "nesse curso" needs no history.
HERE = _words(
    """
    curso aula aulas disciplina materia semestre semana ano turma mes vez area apostila apostilas gravacao gravacoes
    video videos slides material course class lecture lectures semester week year term subject field
    """
)
# What a clause may begin with.
BOUNDARY: Mapping[Language, frozenset[str]] = {
    "pt": _words("e ou mas que q quando se porque pq pois enquanto como onde caso antes depois pra para"),
    "en": _words(
        """
        and or but that which who when if because while before after so than where as to until since
        """
    ),
}
# After "the first": what tells which one.
TELLS_WHICH = _words("a que de do da dos das of to that who which the")
# What says nothing of a subject: function words, auxiliaries, quantities, adverbs of place and time.
FUNCTION: Mapping[Language, frozenset[str]] = {
    "pt": _words(
        """
        a o as os ao aos um uma uns umas de do da dos das dum duma em no na nos nas num numa por pelo pela pelos pelas
        para pra pras pro pros com sem sobre entre ate desde e é ou mas nem se que q oq porque pq pois como quando onde
        aonde qual quais quem quanto quanta quantos quantas eu me mim voce voces vc vcs te esse essa esses essas este
        esta estes estas aquele aquela aqueles aquelas desse dessa desses dessas deste desta destes destas daquele
        daquela nesse nessa nesses nessas neste nesta nestes nestas naquele naquela seu sua seus suas meu minha nosso
        nossa la ali ai aqui entao assim tambem tb ainda ja so mais menos muito muita muitos muitas pouco pouca tao
        tanto todo toda todos todas tudo nada algo alguem ninguem algum alguma alguns algumas nenhum nenhuma cada outro
        outra outros outras mesmo mesma mesmos mesmas proprio propria mundo gente nao sim sempre nunca antes depois
        agora hoje bem mal quase talvez ser sou era eram foi foram sao estar estou está estás estao estava ta tem ter
        tinha tenho temos teve haver ha vai vao vou vamos ia ir pode podem posso podia poderia poder podemos deve devem
        devo deveria precisa precisam preciso precisar quer querem dao dar deu fica ficam ficou ficar seria sera fosse
        ne hein uai tal senao contrario exatamente realmente alem a-toa toa
        """
    )
    | PRONOUNS["pt"],
    "en": _words(
        """
        a an the and or but nor so if then than as at by for from in into of on onto to with without about between over
        is are was were be been being am isn't aren't wasn't do does did done don't doesn't didn't has have had can
        can't could should would will won't may might must shall i me my you your we us our what which who whom whose
        when where why how not no yes any some all each every both either neither other another same such one ones only
        just also too even still yet already ever never always often again here there now very much many more most less
        least few really actually exactly else otherwise instead because while until whether 's s it's that's what's
        this that these those
        """
    )
    | PRONOUNS["en"],
}
# Words that most subjects share: with no others a question does not say what it is about.
GENERIC: Mapping[Language, frozenset[str]] = {
    "pt": _words(
        """
        acontece aconteceu acontecer muda mudar mudou mudanca leva levar levou serve servir serviu funciona funcionar
        funcionou ajuda ajudar ajudou adianta adiantou vale valer valeu valia custa custar custou demora demorou dura
        duracao faz fazer fez faco fazem fizeram feito usa usar usou usam usamos uso usado existe existir existem melhor
        pior maior menor bom boa ruim certo errado diferente igual diferenca vantagem desvantagem motivo razao causa
        exemplo exemplos problema solucao resultado resultados consequencia efeito objetivo finalidade nome nomes data
        dia dias hora horas horario minuto minutos tempo ano anos mes meses semana semanas vez vezes lugar local preco
        valor valores tamanho marca cor raca idade tipo tipos jeito forma maneira modo caso casos parte partes coisa
        coisas lado detalhe detalhes explica explicar explicou explicacao explicado descobriu descobrir inventou
        inventar criou criar disse diz dizer falou fala falar contou contar mostra mostrou mostrar achou acha achar viu
        ver ve sabe saber sabia decidiu escolheu escolher resolveu resolver consegue conseguiu conseguir cabe caber
        errou erra errar erro erros acertou acerta acertar aumenta aumentou diminui diminuiu melhora melhorou melhorar
        piora piorou subiu sobe desce caiu cai gasta gastou gastar paga pagou pagar pagando compra comprou comprar
        compro comeca comecou termina terminou acaba acabou volta voltou sai saiu sair vem veio veem chega chegou ganha
        ganhou perde perdeu quantidade numero total media metade dobro resto final comeco fim seguinte proximo anterior
        primeiro segundo terceiro ultimo verdade serio possivel obrigatorio necessario permitido importante grande
        pequeno novo velho alto baixo rapido lento dificil facil claro pergunta resposta responde significa quero querem
        costuma tenta tentou tentar continua espera esperar dois duas tres quatro cinco dez atrasar atrasa resumir
        resume resumo entendi entender entendeu repetir detalhar aprofundar ideia conta situacao pratica geral especial
        aluno alunos pessoa pessoas seis sete oito nove primeira segunda terceira ultima proxima certa errada nova velha
        alta baixa pequena rapida lenta outras melhores piores
        """
    ),
    "en": _words(
        """
        happen happens happened change changes changed take takes took taken work works worked help helps helped useful
        use uses used using cost costs make makes made get gets got go goes went come comes came give gives gave given
        say says said tell told mean means meant show shows showed shown find found see seen know known think want need
        needs needed better best worse worst bigger smaller larger good bad right wrong true false different same
        difference advantage disadvantage reason reasons cause example examples problem problems solution result results
        effect purpose point name date day days hour hours minute minutes time times long year years month week weeks
        place price value size brand color colour age kind kinds type types way ways case cases part parts thing things
        side detail details explain explains explained discovered discover invented invent created create decided decide
        chose choose solve solved improve improved increase increased decrease decreased drop dropped rise start
        starts started end ends ended stop stopped first second third last next previous number total average half rest
        new old big small high low fast slow hard easy possible necessary allowed important far matter sense sure really
        repeat summarize summary situation general practice often much ahead behind long-term worth try tried answer
        question two three four five six seven eight nine ten student students people person
        """
    ),
}
